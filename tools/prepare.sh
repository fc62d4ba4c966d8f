# Sourced by ./skiff and tools/with-node: makes a fresh clone runnable, saying what it does. Sets $node.
# A shell script, because it runs where there is nothing yet but Node 20 and npm.

skiff_node() {
  for candidate in "${SKIFF_NODE:-}" "$root"/node_modules/node-linux-*/bin/node "$(command -v node || true)"; do
    [ -x "$candidate" ] || continue
    major=$("$candidate" -p 'process.versions.node.split(".")[0]' 2>/dev/null) || continue
    [ "$major" -ge 26 ] && { node=$candidate; return 0; }
  done
  return 1
}

skiff_prepare() {
  if [ ! -e "$root/node_modules/.package-lock.json" ] || [ "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]; then
    command -v npm >/dev/null || { echo "E-NO-NPM: npm is missing; install it (Debian: apt-get install npm) and try again" >&2; exit 3; }
    echo "installing npm dependencies (Node 26 among them) into node_modules ..." >&2
    # npm 11 refuses a lock file without packages for other systems that a registry did not have when it was written;
    # `npm install` takes the same versions from it.
    if ! log=$(cd "$root" && npm ci --no-audit --no-fund --loglevel=error 2>&1) &&
      ! log=$(cd "$root" && npm install --no-save --no-audit --no-fund --loglevel=error 2>&1); then
      printf '%s\n' "$log" >&2
      echo "E-NPM: npm could not install the dependencies (above); check the network and the registry, then try again" >&2
      exit 3
    fi
    touch "$root/node_modules/.package-lock.json"
  fi
  skiff_node || { echo "E-NODE: Skiff needs Node 26; npm brings it for Linux, elsewhere install it and set SKIFF_NODE" >&2; exit 3; }
}
