/** Interfaces, addresses, routes and kernel switches of the machine's network. */

export interface NetworkConfig {
  /** Brings all of it about; what is already so stays untouched. Rejects with the system's words. */
  apply(changes: readonly NetworkChange[]): Promise<void>
  /** Removes an interface with its addresses and routes; absent is fine. */
  removeInterface(name: string): Promise<void>
  /** The addresses of this machine, loopback left out, the one of the default route first. */
  addresses(): Promise<readonly string[]>
}

export type NetworkChange =
  | { readonly type: 'bridge'; readonly name: string; readonly mtu?: number | undefined }
  /** `cidr` is the interface's own address with its prefix length. */
  | { readonly type: 'address'; readonly interface: string; readonly cidr: string }
  | { readonly type: 'route'; readonly cidr: string; readonly interface: string; readonly via?: string | undefined }
  /** Makes an interface that is there a port of the bridge, one that may send back what it received (hairpin). */
  | { readonly type: 'port'; readonly interface: string; readonly bridge: string }
  /** A file under /proc/sys, dots or slashes as separators. */
  | { readonly type: 'sysctl'; readonly name: string; readonly value: string }
