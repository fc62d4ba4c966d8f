/** Single requests of a bench over its own connection. */
import type http2 from 'node:http2'

/** Gives the body of the answer; rejects unless the status is one of success. */
export function send(session: http2.ClientHttp2Session, method: string, path: string, body?: object, contentType = 'application/json'): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, accept: 'application/json', ...(body && { 'content-type': contentType }) })
    let status = 0
    let text = ''
    stream.on('response', (headers) => { status = Number(headers[':status']) })
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => { text += chunk })
    stream.on('error', reject)
    stream.on('end', () => (status < 300 ? resolve(text) : reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`))))
    stream.end(body && JSON.stringify(body))
  })
}
