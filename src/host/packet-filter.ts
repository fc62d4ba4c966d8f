/** world/packet-filter on Linux: one `nft -f -` process per transaction. */
import { spawn } from 'node:child_process'
import type { FilterOperation, PacketFilter, SetElement } from '#world/packet-filter.ts'

/** Elements per statement: longer lines make nft's parser slow. */
const elementsPerStatement = 2000
/** Nothing that tenants choose reaches a rule's text: element parts are addresses, numbers and protocol names. */
const safePart = /^[a-z0-9.:/-]+$/

export function createPacketFilter(family: 'ip' | 'ip6' = 'ip'): PacketFilter {
  return {
    apply: (table, operations) => runNft(renderNftScript(family, table, operations)),
    // `add` first, so that deleting an absent table is no error.
    removeTable: (table) => runNft(`add table ${family} ${table}\ndelete table ${family} ${table}\n`),
  }
}

/** The transaction in nft's own language. Throws on an element part that is not an address, number or plain word. */
function renderNftScript(family: string, table: string, operations: readonly FilterOperation[]): string {
  const place = `${family} ${table}`
  const lines: string[] = []
  for (const operation of operations) {
    switch (operation.type) {
      case 'resetTable':
        lines.push(`add table ${place}`, `delete table ${place}`, `add table ${place}`)
        break
      case 'addChain': {
        const { hook } = operation
        lines.push(
          `add chain ${place} ${operation.chain}${hook ? ` { type ${hook.kind} hook ${hook.hook} priority ${hook.priority}; policy accept; }` : ''}`,
        )
        break
      }
      case 'addRule':
        lines.push(`add rule ${place} ${operation.chain} ${operation.rule}`)
        break
      case 'addSet': {
        const { keys, values } = operation
        lines.push(
          `add ${values ? 'map' : 'set'} ${place} ${operation.set} { type ${keys.join(' . ')}${values ? ` : ${values.join(' . ')}` : ''}; }`,
        )
        break
      }
      case 'addElements':
      case 'deleteElements': {
        const verb = operation.type === 'addElements' ? 'add' : 'delete'
        for (let at = 0; at < operation.elements.length; at += elementsPerStatement) {
          const some = operation.elements
            .slice(at, at + elementsPerStatement)
            .map((element) => renderElement(element, verb === 'add'))
          lines.push(`${verb} element ${place} ${operation.set} { ${some.join(', ')} }`)
        }
        break
      }
    }
  }
  return `${lines.join('\n')}\n`
}

function renderElement({ key, value }: SetElement, withValue: boolean): string {
  for (const part of [...key, ...(value ?? [])]) {
    if (!safePart.test(part)) throw new Error(`not an address, number or protocol: ${JSON.stringify(part)}`)
  }
  return withValue && value ? `${key.join(' . ')} : ${value.join(' . ')}` : key.join(' . ')
}

function runNft(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    })
    let complaint = ''
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (text: string) => { if (complaint.length < 4096) complaint += text })
    child.once('error', (error) => reject(new Error('nft could not be run', { cause: error })))
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`nft refused the transaction: ${complaint.trim().split('\n').slice(0, 3).join(' ')}`))
    })
    // A child that ended early is reported by its exit code, not by the broken pipe.
    child.stdin.on('error', () => undefined)
    child.stdin.end(script)
  })
}
