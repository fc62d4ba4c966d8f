/** A body that cannot be decoded. The message is the decoder's; the endpoint adds what it had expected. */
export class BodyError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BodyError'
  }
}
