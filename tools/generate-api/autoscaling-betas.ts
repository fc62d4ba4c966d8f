/**
 * autoscaling/v2beta1 and v2beta2 in the form of Go declarations: upstream's sources no longer have them. v2beta2 is v2
 * under another name.
 */
import type { GoFile } from './go-source.ts'

export const autoscalingV2beta1Files: readonly GoFile[] = [{
  name: 'register.go',
  text: `
const GroupName = "autoscaling"
		&HorizontalPodAutoscaler{},
		&HorizontalPodAutoscalerList{},
`,
}, {
  name: 'types.go',
  text: `
import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type CrossVersionObjectReference struct {
	Kind string \`json:"kind" protobuf:"bytes,1,opt,name=kind"\`
	Name string \`json:"name" protobuf:"bytes,2,opt,name=name"\`
	// +optional
	APIVersion string \`json:"apiVersion,omitempty" protobuf:"bytes,3,opt,name=apiVersion"\`
}

type HorizontalPodAutoscalerSpec struct {
	ScaleTargetRef CrossVersionObjectReference \`json:"scaleTargetRef" protobuf:"bytes,1,opt,name=scaleTargetRef"\`
	// +optional
	MinReplicas *int32 \`json:"minReplicas,omitempty" protobuf:"varint,2,opt,name=minReplicas"\`
	MaxReplicas int32 \`json:"maxReplicas" protobuf:"varint,3,opt,name=maxReplicas"\`
	// +optional
	Metrics []MetricSpec \`json:"metrics,omitempty" protobuf:"bytes,4,rep,name=metrics"\`
}

type MetricSourceType string

const (
	ObjectMetricSourceType MetricSourceType = "Object"
	PodsMetricSourceType MetricSourceType = "Pods"
	ResourceMetricSourceType MetricSourceType = "Resource"
	ContainerResourceMetricSourceType MetricSourceType = "ContainerResource"
	ExternalMetricSourceType MetricSourceType = "External"
)

type MetricSpec struct {
	Type MetricSourceType \`json:"type" protobuf:"bytes,1,name=type"\`
	// +optional
	Object *ObjectMetricSource \`json:"object,omitempty" protobuf:"bytes,2,opt,name=object"\`
	// +optional
	Pods *PodsMetricSource \`json:"pods,omitempty" protobuf:"bytes,3,opt,name=pods"\`
	// +optional
	Resource *ResourceMetricSource \`json:"resource,omitempty" protobuf:"bytes,4,opt,name=resource"\`
	// +optional
	ContainerResource *ContainerResourceMetricSource \`json:"containerResource,omitempty" protobuf:"bytes,7,opt,name=containerResource"\`
	// +optional
	External *ExternalMetricSource \`json:"external,omitempty" protobuf:"bytes,5,opt,name=external"\`
}

type ObjectMetricSource struct {
	Target CrossVersionObjectReference \`json:"target" protobuf:"bytes,1,name=target"\`
	MetricName string \`json:"metricName" protobuf:"bytes,2,name=metricName"\`
	TargetValue resource.Quantity \`json:"targetValue" protobuf:"bytes,3,name=targetValue"\`
	// +optional
	Selector *metav1.LabelSelector \`json:"selector,omitempty" protobuf:"bytes,4,name=selector"\`
	// +optional
	AverageValue *resource.Quantity \`json:"averageValue,omitempty" protobuf:"bytes,5,name=averageValue"\`
}

type PodsMetricSource struct {
	MetricName string \`json:"metricName" protobuf:"bytes,1,name=metricName"\`
	TargetAverageValue resource.Quantity \`json:"targetAverageValue" protobuf:"bytes,2,name=targetAverageValue"\`
	// +optional
	Selector *metav1.LabelSelector \`json:"selector,omitempty" protobuf:"bytes,3,name=selector"\`
}

type ResourceMetricSource struct {
	Name v1.ResourceName \`json:"name" protobuf:"bytes,1,name=name"\`
	// +optional
	TargetAverageUtilization *int32 \`json:"targetAverageUtilization,omitempty" protobuf:"varint,2,opt,name=targetAverageUtilization"\`
	// +optional
	TargetAverageValue *resource.Quantity \`json:"targetAverageValue,omitempty" protobuf:"bytes,3,opt,name=targetAverageValue"\`
}

type ContainerResourceMetricSource struct {
	Name v1.ResourceName \`json:"name" protobuf:"bytes,1,name=name"\`
	// +optional
	TargetAverageUtilization *int32 \`json:"targetAverageUtilization,omitempty" protobuf:"varint,2,opt,name=targetAverageUtilization"\`
	// +optional
	TargetAverageValue *resource.Quantity \`json:"targetAverageValue,omitempty" protobuf:"bytes,3,opt,name=targetAverageValue"\`
	Container string \`json:"container" protobuf:"bytes,4,opt,name=container"\`
}

type ExternalMetricSource struct {
	MetricName string \`json:"metricName" protobuf:"bytes,1,name=metricName"\`
	// +optional
	MetricSelector *metav1.LabelSelector \`json:"metricSelector,omitempty" protobuf:"bytes,2,opt,name=metricSelector"\`
	// +optional
	TargetValue *resource.Quantity \`json:"targetValue,omitempty" protobuf:"bytes,3,opt,name=targetValue"\`
	// +optional
	TargetAverageValue *resource.Quantity \`json:"targetAverageValue,omitempty" protobuf:"bytes,4,opt,name=targetAverageValue"\`
}

type HorizontalPodAutoscalerStatus struct {
	// +optional
	ObservedGeneration *int64 \`json:"observedGeneration,omitempty" protobuf:"varint,1,opt,name=observedGeneration"\`
	// +optional
	LastScaleTime *metav1.Time \`json:"lastScaleTime,omitempty" protobuf:"bytes,2,opt,name=lastScaleTime"\`
	CurrentReplicas int32 \`json:"currentReplicas" protobuf:"varint,3,opt,name=currentReplicas"\`
	DesiredReplicas int32 \`json:"desiredReplicas" protobuf:"varint,4,opt,name=desiredReplicas"\`
	// +optional
	CurrentMetrics []MetricStatus \`json:"currentMetrics" protobuf:"bytes,5,rep,name=currentMetrics"\`
	Conditions []HorizontalPodAutoscalerCondition \`json:"conditions" protobuf:"bytes,6,rep,name=conditions"\`
}

type HorizontalPodAutoscalerConditionType string

const (
	ScalingActive HorizontalPodAutoscalerConditionType = "ScalingActive"
	AbleToScale HorizontalPodAutoscalerConditionType = "AbleToScale"
	ScalingLimited HorizontalPodAutoscalerConditionType = "ScalingLimited"
)

type HorizontalPodAutoscalerCondition struct {
	Type HorizontalPodAutoscalerConditionType \`json:"type" protobuf:"bytes,1,name=type"\`
	Status v1.ConditionStatus \`json:"status" protobuf:"bytes,2,name=status"\`
	// +optional
	LastTransitionTime metav1.Time \`json:"lastTransitionTime,omitempty" protobuf:"bytes,3,opt,name=lastTransitionTime"\`
	// +optional
	Reason string \`json:"reason,omitempty" protobuf:"bytes,4,opt,name=reason"\`
	// +optional
	Message string \`json:"message,omitempty" protobuf:"bytes,5,opt,name=message"\`
}

type MetricStatus struct {
	Type MetricSourceType \`json:"type" protobuf:"bytes,1,name=type"\`
	// +optional
	Object *ObjectMetricStatus \`json:"object,omitempty" protobuf:"bytes,2,opt,name=object"\`
	// +optional
	Pods *PodsMetricStatus \`json:"pods,omitempty" protobuf:"bytes,3,opt,name=pods"\`
	// +optional
	Resource *ResourceMetricStatus \`json:"resource,omitempty" protobuf:"bytes,4,opt,name=resource"\`
	// +optional
	ContainerResource *ContainerResourceMetricStatus \`json:"containerResource,omitempty" protobuf:"bytes,7,opt,name=containerResource"\`
	// +optional
	External *ExternalMetricStatus \`json:"external,omitempty" protobuf:"bytes,5,opt,name=external"\`
}

type ObjectMetricStatus struct {
	Target CrossVersionObjectReference \`json:"target" protobuf:"bytes,1,name=target"\`
	MetricName string \`json:"metricName" protobuf:"bytes,2,name=metricName"\`
	CurrentValue resource.Quantity \`json:"currentValue" protobuf:"bytes,3,name=currentValue"\`
	// +optional
	Selector *metav1.LabelSelector \`json:"selector,omitempty" protobuf:"bytes,4,name=selector"\`
	// +optional
	AverageValue *resource.Quantity \`json:"averageValue,omitempty" protobuf:"bytes,5,name=averageValue"\`
}

type PodsMetricStatus struct {
	MetricName string \`json:"metricName" protobuf:"bytes,1,name=metricName"\`
	CurrentAverageValue resource.Quantity \`json:"currentAverageValue" protobuf:"bytes,2,name=currentAverageValue"\`
	// +optional
	Selector *metav1.LabelSelector \`json:"selector,omitempty" protobuf:"bytes,3,name=selector"\`
}

type ResourceMetricStatus struct {
	Name v1.ResourceName \`json:"name" protobuf:"bytes,1,name=name"\`
	// +optional
	CurrentAverageUtilization *int32 \`json:"currentAverageUtilization,omitempty" protobuf:"bytes,2,opt,name=currentAverageUtilization"\`
	CurrentAverageValue resource.Quantity \`json:"currentAverageValue" protobuf:"bytes,3,name=currentAverageValue"\`
}

type ContainerResourceMetricStatus struct {
	Name v1.ResourceName \`json:"name" protobuf:"bytes,1,name=name"\`
	// +optional
	CurrentAverageUtilization *int32 \`json:"currentAverageUtilization,omitempty" protobuf:"bytes,2,opt,name=currentAverageUtilization"\`
	CurrentAverageValue resource.Quantity \`json:"currentAverageValue" protobuf:"bytes,3,name=currentAverageValue"\`
	Container string \`json:"container" protobuf:"bytes,4,opt,name=container"\`
}

type ExternalMetricStatus struct {
	MetricName string \`json:"metricName" protobuf:"bytes,1,name=metricName"\`
	// +optional
	MetricSelector *metav1.LabelSelector \`json:"metricSelector,omitempty" protobuf:"bytes,2,opt,name=metricSelector"\`
	CurrentValue resource.Quantity \`json:"currentValue" protobuf:"bytes,3,name=currentValue"\`
	// +optional
	CurrentAverageValue *resource.Quantity \`json:"currentAverageValue,omitempty" protobuf:"bytes,4,opt,name=currentAverageValue"\`
}

type HorizontalPodAutoscaler struct {
	metav1.TypeMeta \`json:",inline"\`
	// +optional
	metav1.ObjectMeta \`json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"\`
	// +optional
	Spec HorizontalPodAutoscalerSpec \`json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"\`
	// +optional
	Status HorizontalPodAutoscalerStatus \`json:"status,omitempty" protobuf:"bytes,3,opt,name=status"\`
}

type HorizontalPodAutoscalerList struct {
	metav1.TypeMeta \`json:",inline"\`
	// +optional
	metav1.ListMeta \`json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"\`
	Items []HorizontalPodAutoscaler \`json:"items" protobuf:"bytes,2,rep,name=items"\`
}
`,
}, {
  name: 'zz_generated.model_name.go',
  text: [
    'CrossVersionObjectReference', 'HorizontalPodAutoscalerSpec', 'MetricSpec', 'ObjectMetricSource', 'PodsMetricSource', 'ResourceMetricSource', 'ContainerResourceMetricSource', 'ExternalMetricSource', 'HorizontalPodAutoscalerStatus', 'HorizontalPodAutoscalerCondition', 'MetricStatus', 'ObjectMetricStatus', 'PodsMetricStatus', 'ResourceMetricStatus', 'ContainerResourceMetricStatus', 'ExternalMetricStatus', 'HorizontalPodAutoscaler', 'HorizontalPodAutoscalerList',
  ].map((name) => `func (in ${name}) OpenAPIModelName() string {\n\treturn "io.k8s.api.autoscaling.v2beta1.${name}"\n}\n`).join(''),
}]

/** From the files of autoscaling/v2. */
export function asAutoscalingV2beta2(files: readonly GoFile[]): readonly GoFile[] {
  return files.map(({ name, text }) => ({ name, text: text.replaceAll('io.k8s.api.autoscaling.v2.', 'io.k8s.api.autoscaling.v2beta2.') }))
}

/** When they were deprecated and removed, as the files that upstream generates say it. */
export const autoscalingLifecycles: Readonly<Record<string, readonly [number, number, string]>> = {
  'autoscaling/v2beta1/HorizontalPodAutoscaler': [22, 25, 'autoscaling/v2 HorizontalPodAutoscaler'],
  'autoscaling/v2beta2/HorizontalPodAutoscaler': [23, 26, 'autoscaling/v2 HorizontalPodAutoscaler'],
}
