/** Who the components of a cluster are to its API server. */
import type { UserInfo } from '#apiserver/authn/authenticator.ts'

const kubeSystem = 'kube-system'

/** A component of the control plane, as its client certificate would name it. */
export function componentUser(name: string): UserInfo {
  return { name, groups: ['system:authenticated'] }
}

export const apiServerUser: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }

/** A controller's service account, or the controller manager or the API server itself. */
export function controllerUser(name: string): UserInfo {
  if (name === 'kube-apiserver') return apiServerUser
  if (name === 'kube-controller-manager') return componentUser('system:kube-controller-manager')
  return {
    name: `system:serviceaccount:${kubeSystem}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${kubeSystem}`, 'system:authenticated'],
  }
}

/** A node's kubelet. */
export function nodeUser(nodeName: string): UserInfo {
  return { name: `system:node:${nodeName}`, groups: ['system:nodes', 'system:authenticated'] }
}
