/**
 * A program for the pause image, as bytes: waits for ever, takes the exit codes of orphans, ends at SIGTERM and SIGINT.
 */

const loadAddress = 0x400000n
const headerBytes = 64 + 56
/** Offsets of the pieces in the program below. */
const codeBytes = 115

/**
 * A static ELF executable for x86-64 Linux, about 300 bytes, that uses no memory to speak of:
 *
 *     rt_sigaction(SIGCHLD, ignore)   orphans are reaped by the kernel
 *     rt_sigaction(SIGTERM, leave)    process 1 of a namespace gets no signal that it does not handle
 *     rt_sigaction(SIGINT, leave)
 *     for (;;) pause()
 *     leave: exit(0)
 */
export function pauseBinaryX64(): Uint8Array<ArrayBuffer> {
  const ignoreAt = codeBytes
  const leaveAt = codeBytes + 32
  const code: number[] = []
  const rtSigaction = (signal: number, actionAt: number): void => {
    code.push(0xb8, 13, 0, 0, 0) // mov eax, rt_sigaction
    code.push(0xbf, signal, 0, 0, 0) // mov edi, signal
    const next = code.length + 7
    code.push(0x48, 0x8d, 0x35, ...int32(actionAt - next)) // lea rsi, [rip + action]
    code.push(0x31, 0xd2) // xor edx, edx
    code.push(0x41, 0xba, 8, 0, 0, 0) // mov r10d, 8: size of the signal mask
    code.push(0x0f, 0x05) // syscall
  }
  rtSigaction(17, ignoreAt)
  rtSigaction(15, leaveAt)
  rtSigaction(2, leaveAt)
  code.push(0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7) // loop: mov eax, pause; syscall; jmp loop
  const leaveCode = code.length
  code.push(0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05) // xor edi, edi; mov eax, exit; syscall
  while (code.length < codeBytes) code.push(0x90)

  const program = new Uint8Array(headerBytes + codeBytes + 64)
  const view = new DataView(program.buffer)
  writeElfHeader(view, BigInt(program.length))
  program.set(code, headerBytes)
  // struct kernel_sigaction { handler; flags; restorer; mask }
  view.setBigUint64(headerBytes + ignoreAt, 1n, true) // SIG_IGN
  view.setBigUint64(headerBytes + leaveAt, loadAddress + BigInt(headerBytes + leaveCode), true)
  view.setBigUint64(headerBytes + leaveAt + 8, 0x04000000n, true) // SA_RESTORER, which x86-64 insists on
  view.setBigUint64(headerBytes + leaveAt + 16, loadAddress + BigInt(headerBytes + leaveCode), true)
  return program
}

/** ELF64, little endian, executable, one segment with everything in it. */
function writeElfHeader(view: DataView, fileBytes: bigint): void {
  const identification = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]
  identification.forEach((byte, at) => view.setUint8(at, byte))
  view.setUint16(16, 2, true) // executable
  view.setUint16(18, 62, true) // x86-64
  view.setUint32(20, 1, true)
  view.setBigUint64(24, loadAddress + BigInt(headerBytes), true) // entry
  view.setBigUint64(32, 64n, true) // program headers follow at once
  view.setUint16(52, 64, true)
  view.setUint16(54, 56, true)
  view.setUint16(56, 1, true)
  view.setUint32(64, 1, true) // PT_LOAD
  view.setUint32(68, 5, true) // read, execute
  view.setBigUint64(72, 0n, true)
  view.setBigUint64(80, loadAddress, true)
  view.setBigUint64(88, loadAddress, true)
  view.setBigUint64(96, fileBytes, true)
  view.setBigUint64(104, fileBytes, true)
  view.setBigUint64(112, 0x1000n, true)
}

function int32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff]
}
