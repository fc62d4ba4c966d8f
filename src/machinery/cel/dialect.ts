/** The dialect of Kubernetes: everything that its expressions may use beside their own variables. */
import { typeVariables } from './checker.ts'
import { joinFunctions, type Environment, type Functions } from './environment.ts'
import { authorizerFunctions, authorizerTypes } from './library/authorizer.ts'
import { formatFunctions, formatTypeName } from './library/formats.ts'
import { listFormFunctions } from './library/list-forms.ts'
import { listFunctions, setFunctions } from './library/lists.ts'
import { networkFunctions, networkTypes } from './library/network.ts'
import { quantityFunctions, quantityTypeName } from './library/quantities.ts'
import { semverFunctions, semverTypeName } from './library/semver.ts'
import { regexFunctions, stringFunctions } from './library/strings.ts'
import { timeFunctions } from './library/times.ts'
import { urlFunctions, urlTypeName } from './library/urls.ts'
import { standardFunctions } from './standard.ts'
import type { Type } from './types.ts'

interface Vocabulary {
  readonly functions: Functions
  readonly types: ReadonlyMap<string, Type>
}

/** Put together with the first expression: most clusters have none when they start. */
let vocabulary: Vocabulary | undefined

function createVocabulary(): Vocabulary {
  return {
    functions: joinFunctions(
      ...standardFunctions(), timeFunctions(), stringFunctions(), regexFunctions(), listFunctions(),
      listFormFunctions(), setFunctions(), urlFunctions(), quantityFunctions(), networkFunctions(), semverFunctions(),
      formatFunctions(), authorizerFunctions(),
    ),
    types: typeVariables([
      ...networkTypes, ...authorizerTypes, quantityTypeName, semverTypeName, formatTypeName, urlTypeName,
    ]),
  }
}

/** With these variables, and types that expressions may construct. */
export function createDialect(
  variables: Iterable<readonly [string, Type]>,
  structs?: Environment['structs'],
): Environment {
  const { functions, types } = vocabulary ??= createVocabulary()
  return { functions, variables: new Map([...types, ...variables]), ...(structs && { structs }) }
}
