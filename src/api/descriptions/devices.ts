/** Descriptions of resource.k8s.io: devices and claims of them. */
export const resource = (): string => `
AllocatedDeviceStatus | What a driver says about a device of a claim.
  pool | Pool of the device.
  device | Name of the device in its pool.
  shareID | Which share of the device it is.
  data | Anything that the driver wants to say.
  networkData | What is known about a network device.
AllocationResult | Devices that a claim got.
  devices | The devices.
  nodeSelector | Nodes where they can be used; unset means everywhere.
  allocationTimestamp | When they were given.
CELDeviceSelector | Devices by an expression.
  expression | CEL about device that gives true for those that are meant.
CapacityRequestPolicy | How much of a capacity can be asked for.
  default | How much is taken if nothing is asked for.
  validValues | Amounts that can be had.
  validRange | Range of amounts that can be had.
CapacityRequestPolicyRange | A range of amounts.
  min | The least.
  max | The most.
  step | Amounts are min plus a multiple of this.
CapacityRequirements | How much of each capacity is wanted.
  requests | Amounts, by capacity.
Counter | An amount that devices share.
  value | The amount.
CounterSet | Amounts that devices share.
  name | Name of the set in its pool.
  counters | The amounts, by name.
Device | A device.
  name | Name, unique in its pool: a DNS label.
  basic | The device itself, in old versions.
  attributes | What it is like, by name.
  capacity | What it has, by name.
  consumesCounters | What it takes of amounts that devices share.
  nodeName | Node where it is.
  nodeSelector | Nodes from which it can be used.
  allNodes | Whether it can be used from every node.
  taints | Marks that keep away who does not tolerate them.
  bindsToNode | Whether a claim is bound to the node for which it was given.
  bindingConditions | Conditions that have to be true before pods are bound.
  bindingFailureConditions | Conditions any of which means that binding failed.
  allowMultipleAllocations | Whether several claims can share it.
  nodeAllocatableResourceMappings | What it takes of the node's own resources.
BasicDevice < Device | A device, in old versions.
DeviceAllocationConfiguration | Settings for devices that were given.
  source | Whence they come: FromClass or FromClaim.
  requests | Requests to which they apply; empty means all.
  opaque | The settings.
DeviceAllocationResult | Devices that were given.
  results | The devices.
  config | Settings for them.
DeviceAttribute | What a device is like: one of these.
  int | A number.
  bool | True or false.
  string | A text, up to 64 characters.
  version | A semantic version.
  ints | Numbers.
  bools | Several of true and false.
  strings | Texts.
  versions | Semantic versions.
DeviceCapacity | How much a device has of something.
  value | The amount.
  requestPolicy | How much of it can be asked for.
DeviceClaim | Devices that are wanted.
  requests | The devices, request by request.
  constraints | What the devices must have in common.
  config | Settings for them.
DeviceClaimConfiguration | Settings for devices of a claim.
  requests | Requests to which they apply; empty means all.
  opaque | The settings.
DeviceClass | A kind of device that can be asked for.
DeviceClassConfiguration | Settings for devices of a class.
  opaque | The settings.
DeviceClassSpec | A kind of device.
  selectors | Demands that devices of the class have to meet.
  config | Settings for them.
  extendedResourceName | Extended resource by which pods can ask for the class.
DeviceConstraint | What devices must have in common.
  requests | Requests that are meant; empty means all.
  matchAttribute | Attribute that must be the same.
  distinctAttribute | Attribute that must be different.
DeviceCounterConsumption | What a device takes of shared amounts.
  counterSet | Name of the set.
  counters | How much of each.
DeviceRequest | A request for devices.
  name | Name of the request in its claim.
  exactly | Devices of one class.
  firstAvailable | Choices, of which the first that can be had is taken.
  deviceClassName | Class of the devices.
  selectors | Further demands on them.
  allocationMode | ExactCount (default) or All.
  count | How many; 1 by default.
  adminAccess | Whether devices are also looked at that others use; for administrators.
  tolerations | Taints that are tolerated.
  capacity | How much of each capacity is wanted.
DeviceRequestAllocationResult < DeviceRequest | A device that was given.
  request | Request that it fulfils.
  pool | Pool of the device.
  device | Name of the device in its pool.
  bindingConditions | Conditions that have to be true before pods are bound.
  bindingFailureConditions | Conditions any of which means that binding failed.
  shareID | Which share of the device it is.
  consumedCapacity | How much of each capacity it takes.
DeviceSelector | Devices, by one of these.
  cel | An expression.
DeviceSubRequest < DeviceRequest | A choice of a request.
DeviceTaint | A mark of a device that keeps claims away.
  key | Name of the mark.
  value | Value of the mark.
  effect | None, NoSchedule, or NoExecute, which also evicts.
  timeAdded | When it was added.
DeviceToleration | A taint that is tolerated.
  key | Name of the mark; empty with Exists means all.
  operator | Equal (default) or Exists.
  value | Value of the mark; none with Exists.
  effect | Effect that is tolerated; empty means all.
  tolerationSeconds | Seconds that NoExecute is tolerated; unset means for ever.
ExactDeviceRequest < DeviceRequest | Devices of one class.
NetworkDeviceData | What is known about a network device.
  interfaceName | Name of the interface in the pod.
  ips | Its addresses, with the length of the prefix.
  hardwareAddress | Its hardware address.
NodeAllocatableResourceMapping | What a device takes of a node's own resource.
  capacityKey | Capacity of the device that counts.
  allocationMultiplier | By how much that is multiplied.
OpaqueDeviceConfiguration | Settings that only the driver understands.
  parameters | The settings.
ResourceClaim | Devices that pods may use.
ResourceClaimConsumerReference | Somebody who uses a claim.
  resource | Resource of the object, for example pods.
  uid | Unique ID of the object.
ResourceClaimSpec | Devices that are wanted; it cannot be changed.
  devices | The devices.
ResourceClaimStatus | Devices that were given.
  allocation | The devices; unset while there are none.
  reservedFor | Who uses them, at most 256.
  devices | What drivers say about them.
ResourceClaimTemplate | Claims that are made for pods.
ResourceClaimTemplateSpec | The claims.
  metadata | Labels and annotations of the claims.
  spec | What the claims ask for.
ResourcePool | A pool of devices.
  name | Name of the pool, often the node's.
  generation | Raised with every change; only slices of the highest count.
  resourceSliceCount | How many slices the pool has.
ResourceSlice | Devices that a driver offers.
ResourceSliceSpec | Devices of one pool.
  pool | The pool.
  nodeName | Node where the devices are.
  nodeSelector | Nodes from which the devices can be used.
  allNodes | Whether the devices can be used from every node.
  devices | The devices, at most 128.
  perDeviceNodeSelection | Whether each device says its nodes itself.
  sharedCounters | Amounts that the devices share.
DeviceTaintRule | Marks devices with a taint.
DeviceTaintRuleSpec | Which devices, and which taint.
  deviceSelector | The devices; unset means none.
  taint | The taint.
DeviceTaintRuleStatus | What became of a rule.
DeviceTaintSelector | Devices; empty means all.
  driver | Driver of the devices.
  pool | Pool of the devices.
  device | Name of the device.
PoolStatus | How a pool is.
  poolName | Name of the pool.
  generation | Its newest generation.
  resourceSliceCount | How many slices it has.
  totalDevices | How many devices it has.
  allocatedDevices | How many of them are given.
  availableDevices | How many of them can be had.
  unavailableDevices | How many of them cannot be had.
  nodeName | Node of the pool.
  validationError | Why the pool cannot be judged.
ResourcePoolStatusRequest | Asks how pools are.
ResourcePoolStatusRequestSpec | Which pools are meant.
  poolName | Name of the pool; unset means all.
  limit | How many pools are told at most.
ResourcePoolStatusRequestStatus | How the pools are.
  poolCount | How many pools there are.
  pools | The pools.
`
