/** Labels by which EndpointSlices and their Service find each other. */

/** On a slice: the name of the Service whose endpoints it holds. */
export const serviceNameLabel = 'kubernetes.io/service-name'

/** On a slice: who writes it; everybody else leaves it alone. */
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
