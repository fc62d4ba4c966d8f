/** The API's objects as the kubelet reads them: from the server, hence named, shared and never changed. */
import type * as core from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'

export type PodObject = Stored<core.Pod>
export type NodeObject = Stored<core.Node>
export type ConfigMapObject = Stored<core.ConfigMap>
export type SecretObject = Stored<core.Secret>
export type ServiceObject = Stored<core.Service>
/** Ephemeral containers have the fields of others but for the name of their target. */
export type AnyContainer = DeepReadonly<core.Container> & { readonly targetContainerName?: string }
export type ContainerRole = 'init' | 'sidecar' | 'regular' | 'ephemeral'
export type Probe = DeepReadonly<core.Probe>
export type LifecycleHandler = DeepReadonly<core.LifecycleHandler>
export type Volume = DeepReadonly<core.Volume>

export type PodStatus = core.PodStatus
export type PodCondition = core.PodCondition
export type ContainerStatus = core.ContainerStatus
export type ContainerState = core.ContainerState
export type NodeStatus = core.NodeStatus
export type NodeCondition = core.NodeCondition
