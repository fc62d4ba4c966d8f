/** The configuration files of the cluster's own containerd and of its pod network, as text. */

export interface ContainerdSettings {
  readonly rootDirectory: string
  readonly stateDirectory: string
  readonly socketPath: string
  readonly cniConfigDirectory: string
  readonly cniPluginDirectory: string
  readonly sandboxImage: string
  /** runc's own notes on running containers; the machine's other clusters have theirs elsewhere. */
  readonly runcDirectory: string
  /** The machine cannot lower oom_score_adj (no CAP_SYS_RESOURCE): sandboxes die unless containerd leaves it alone. */
  readonly restrictOomScoreAdjust: boolean
}

/** containerd's config.toml (version 2, understood by 1.6 and 1.7; 2.x migrates it). */
export function renderContainerdConfig(settings: ContainerdSettings): string {
  const text = JSON.stringify
  return `version = 2
root = ${text(settings.rootDirectory)}
state = ${text(settings.stateDirectory)}
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.opt",
]

[grpc]
  address = ${text(settings.socketPath)}
  uid = 0
  gid = 0

[ttrpc]
  address = ${text(`${settings.socketPath}.ttrpc`)}

[debug]
  level = "warn"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(settings.sandboxImage)}
  restrict_oom_score_adj = ${settings.restrictOomScoreAdjust}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  stream_idle_timeout = "4h0m0s"
  max_container_log_line_size = 16384
  enable_unprivileged_ports = false
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(settings.cniPluginDirectory)}
    conf_dir = ${text(settings.cniConfigDirectory)}
    max_conf_num = 1
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = ${text(settings.runcDirectory)}
`
}
