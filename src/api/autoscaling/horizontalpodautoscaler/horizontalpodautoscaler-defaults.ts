/** What autoscalers get when the client leaves it out. */
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HPAScalingRules } from '../../gen/autoscaling-v2.ts'

const defaultUtilization = 80

/** Up: at once, by 4 pods or to the double, whichever is more, every 15 seconds. */
const scaleUp: HPAScalingRules = {
  stabilizationWindowSeconds: 0, selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }],
}

/** Down: all the way, every 15 seconds; the window is the controller's own when it is not set. */
const scaleDown: HPAScalingRules = {
  selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
}

export function setAutoscalerDefaults(object: HorizontalPodAutoscaler): void {
  const spec = object.spec ??= {} as HorizontalPodAutoscalerSpec
  spec.minReplicas ??= 1
  if (!spec.metrics?.length) {
    spec.metrics = [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: defaultUtilization } },
      },
    ]
  }
  if (!spec.behavior) return
  spec.behavior.scaleUp = { ...structuredClone(scaleUp), ...spec.behavior.scaleUp }
  spec.behavior.scaleDown = { ...structuredClone(scaleDown), ...spec.behavior.scaleDown }
}
