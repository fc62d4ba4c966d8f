/** Quantities as the numbers that cgroups and the downward API need. */

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
}

/** The value; 0 for what is absent. The API server has validated it, so anything unreadable is NaN. */
export function quantityValue(quantity: unknown): number {
  if (quantity === undefined || quantity === null) return 0
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([a-zA-Z]*))$/.exec(String(quantity))
  if (!match) return Number.NaN
  if (match[2]) return Number(`${match[1]}${match[2]}`)
  return Number(match[1]) * (suffixes[match[3] ?? ''] ?? Number.NaN)
}

/** In thousandths, rounded up as Go's MilliValue does. */
export function quantityMilli(quantity: unknown): number {
  return Math.ceil(quantityValue(quantity) * 1000 - 1e-9)
}

export function quantityWhole(quantity: unknown): number {
  return Math.ceil(quantityValue(quantity) - 1e-9)
}
