/** PodTemplate: a template of pods as an object of its own. */
import { semanticEqual } from '#base/deep-equal.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { PodTemplate } from '../../gen/core-v1.ts'
import { containerColumns, nameColumn, text } from '../../printing/columns.ts'
import { formatLabels } from '../../printing/labels.ts'
import { droppingDisabled } from '../pod/disabled-fields.ts'
import { setTemplateDefaults } from '../pod/pod-defaults.ts'
import { templateWarnings } from '../pod/pod-warnings.ts'
import { validatePodTemplate } from './podtemplate.validation.ts'

export const podTemplate = defineKind<PodTemplate>({
  group: '', kind: 'PodTemplate', plural: 'podtemplates', scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.PodTemplate', served: true, stored: true }],
  setDefaults: setTemplateDefaults,
  ...droppingDisabled<PodTemplate>({}, ({ template }) => template),
  validate: validatePodTemplate,
  warnings: ({ metadata, template }, old) =>
    old && old.metadata.generation === metadata?.generation ? [] : templateWarnings(template, 'template'),
  generation: (object, old) => !semanticEqual(object.template, old.template),
  columns: [
    nameColumn(),
    ...containerColumns<PodTemplate>((object) => object.template?.spec?.containers, 'always'),
    text('Pod Labels', 'The labels for the pod template.', (object) => formatLabels(object.template?.metadata?.labels)),
  ],
})
