/** Which rules hold for a definition: an update may leave as bad as it was what stands in the store. */

/** The rules that hold; all of them for a new definition. */
export interface Strictness {
  readonly reviewVersions: boolean
  readonly schema: boolean
  readonly propertyTypes: boolean
  readonly structural: boolean
  readonly atomicSets: boolean
  readonly mapKeys: boolean
  /** An authority that cannot be read is let through before the definition is established. */
  readonly caBundle: boolean
  /** By the name of the version; empty for what stands above all versions. */
  readonly manySelectableFields: ReadonlySet<string>
  /** Versions whose rules are not weighed again. */
  readonly unchangedVersions: ReadonlySet<string>
}

export const allRules: Strictness = {
  reviewVersions: true, schema: true, propertyTypes: true, structural: true, atomicSets: true, mapKeys: true,
  caBundle: false, manySelectableFields: new Set(), unchangedVersions: new Set(),
}

export const propertyTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string']
export const maxSelectableFields = 8
export const knownReviewVersions = ['v1', 'v1beta1']
