"""Takes every kind through the Python client's dynamic API; prints one line of JSON for each object, and fails on a difference."""
import json
import sys

from kubernetes import client, config, dynamic, watch

manifests, kubeconfig = sys.argv[1:]
api = dynamic.DynamicClient(config.new_client_from_config(kubeconfig))
assert client.VersionApi(api.client).get_code().major == '1'


def labels(item):
    return item.to_dict()['metadata'].get('labels', {})


for manifest in json.load(open(manifests))['items']:
    resource = api.resources.get(api_version=manifest['apiVersion'], kind=manifest['kind'])
    name, namespace = manifest['metadata']['name'], manifest['metadata'].get('namespace')
    where = {'namespace': namespace} if namespace else {}
    created = resource.create(body=manifest, **where)
    read = resource.get(name=name, **where)
    assert read.metadata.uid == created.metadata.uid
    listed = resource.get(field_selector='metadata.name=' + name, **where)
    assert [item.metadata.uid for item in listed.items] == [created.metadata.uid], listed
    steps = [
        ('application/json-patch+json', [{'op': 'add', 'path': '/metadata/labels/json', 'value': 'python'}]),
        ('application/merge-patch+json', {'metadata': {'labels': {'merge': 'python'}}}),
        ('application/strategic-merge-patch+json', {'metadata': {'labels': {'strategic': 'python'}}}),
    ]
    for content_type, body in steps:
        patched = resource.patch(body=body, name=name, content_type=content_type, **where)
    assert {'json', 'merge', 'strategic'} <= set(labels(patched)), patched
    applied = {'apiVersion': manifest['apiVersion'], 'kind': manifest['kind'], 'metadata': {'name': name, 'labels': {'applied': 'python'}}}
    # As text: the client encodes no other form than JSON by itself.
    resource.server_side_apply(body=json.dumps(applied), name=name, field_manager='python', force_conflicts=True, **where)
    for attempt in range(20):
        current = resource.get(name=name, **where).to_dict()
        current['metadata']['labels']['replaced'] = 'python'
        try:
            replaced = resource.replace(body=current, name=name, **where)
            break
        except dynamic.exceptions.ConflictError:
            # A controller was faster.
            continue
    assert labels(replaced)['replaced'] == 'python' and labels(replaced)['applied'] == 'python'
    watched = []
    for event in resource.watch(resource_version=str(int(created.metadata.resourceVersion) - 1), field_selector='metadata.name=' + name, timeout=10, **where):
        watched.append(event['type'])
        if event['object'].to_dict()['metadata'].get('labels', {}).get('replaced') == 'python':
            break
    assert watched[0] == 'ADDED' and set(watched[1:]) == {'MODIFIED'}, watched
    resource.delete(name=name, body={'gracePeriodSeconds': 0, 'propagationPolicy': 'Background'}, **where)
    print(json.dumps([manifest['apiVersion'], manifest['kind'], name]))
