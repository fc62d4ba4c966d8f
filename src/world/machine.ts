/** Facts about the machine that a node reports, and the network as its probes see it. */
export interface Machine {
  facts(): Promise<MachineFacts>
  memory(): Promise<{ readonly totalBytes: number; readonly availableBytes: number }>
  /** Processor time of the whole machine since boot, in nanoseconds. */
  cpuUsageNanoseconds(): Promise<number>
  /** Processes and threads now, and the most that the kernel allows. */
  processes(): Promise<{ readonly current: number; readonly limit: number }>
  /**
   * Resolves when a TCP connection stands (and closes it); rejects with the system's words (`connect: connection
   * refused`).
   */
  dialTcp(host: string, port: number, timeoutMs: number): Promise<void>
  /**
   * Asks grpc.health.v1.Health/Check. Gives the status (`SERVING`, …), or throws a RuntimeError with the call's code.
   */
  checkGrpcHealth(host: string, port: number, service: string, timeoutMs: number): Promise<string>
  /** The node's resolver configuration, as text. */
  resolverConfiguration(path: string): Promise<string>
}

export interface MachineFacts {
  readonly hostname: string
  readonly machineId: string
  readonly systemUuid: string
  readonly bootId: string
  readonly kernelVersion: string
  readonly osImage: string
  /** Go's words: `linux`, `amd64`. */
  readonly operatingSystem: string
  readonly architecture: string
  readonly cpuCount: number
  readonly memoryBytes: number
  readonly swapBytes: number
  readonly addresses: readonly string[]
}
