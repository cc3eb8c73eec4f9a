{{/* There is one approver in a cluster, so objects bear the chart's name and not the release's. */}}
{{- define "policy-approver.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- define "policy-approver.selectorLabels" -}}
app.kubernetes.io/name: {{ include "policy-approver.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "policy-approver.labels" -}}
{{ include "policy-approver.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
The metadata of an object. Of a dictionary: root; and where they differ from the release's: suffix of the name, name,
namespace ("" for none), labels and annotations beside the common ones.
*/}}
{{- define "policy-approver.metadata" -}}
{{- $root := .root -}}
metadata:
  name: {{ .name | default (printf "%s%s" (include "policy-approver.name" $root) (.suffix | default "")) }}
  {{- $namespace := $root.Release.Namespace }}
  {{- if hasKey . "namespace" }}{{ $namespace = .namespace }}{{ end }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- mergeOverwrite (include "policy-approver.labels" $root | fromYaml) (.labels | default dict) | toYaml | nindent 4 }}
  {{- with merge dict (.annotations | default dict) ($root.Values.commonAnnotations | default dict) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Whether a webhook is served: a shadow writes nothing, and so has no CA. */}}
{{- define "policy-approver.webhook" -}}
{{- if and (or .Values.admission.policies.enabled .Values.admission.requests.enabled) (ne .Values.app.enforcement "shadow") -}}
true
{{- end }}
{{- end }}

{{- define "policy-approver.image" -}}
{{- $values := .Values -}}
{{- with $values.image -}}
{{- $name := .repository -}}
{{- if not $name -}}
{{- $name = list $values.imageRegistry $values.imageNamespace .name | compact | join "/" -}}
{{- end -}}
{{- $name = list .registry $name | compact | join "/" -}}
{{- if .digest -}}
{{ $name }}@{{ .digest }}
{{- else -}}
{{ $name }}:{{ .tag | default $.Chart.AppVersion }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where a pod runs. Of a dictionary: nodeSelector, affinity, tolerations. */}}
{{- define "policy-approver.placement" -}}
{{- range $field := list "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" }}
{{- with get $ $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* A ClusterRole and its binding to the controller. Of a list: root, suffix of the name, rules as text. */}}
{{- define "policy-approver.grant" -}}
{{- $root := index . 0 }}{{- $suffix := index . 1 }}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
{{ include "policy-approver.metadata" (dict "root" $root "suffix" $suffix "namespace" "") }}
rules:
  {{- index . 2 | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
{{ include "policy-approver.metadata" (dict "root" $root "suffix" $suffix "namespace" "") }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "policy-approver.name" $root }}{{ $suffix }}
subjects:
  - kind: ServiceAccount
    namespace: {{ $root.Release.Namespace }}
    name: {{ $root.Values.serviceAccount.name }}
{{- end }}

{{/* Where the API server finds a webhook. Of a list: root, path. */}}
{{- define "policy-approver.webhook-client" -}}
{{- $root := index . 0 -}}
service:
  name: {{ include "policy-approver.name" $root }}-webhook
  namespace: {{ $root.Release.Namespace }}
  path: {{ index . 1 }}
  port: 443
{{- end }}

{{/* Fields of the endpoint of a ServiceMonitor or PodMonitor. */}}
{{- define "policy-approver.endpoint" -}}
port: metrics
path: /metrics
interval: {{ .interval }}
scrapeTimeout: {{ .scrapeTimeout }}
honorLabels: {{ .honorLabels }}
{{- with .endpointAdditionalProperties }}
{{ toYaml . }}
{{- end }}
{{- end }}
