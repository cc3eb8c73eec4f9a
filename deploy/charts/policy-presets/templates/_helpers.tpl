{{/* Whom the ClusterRole of a policy is bound to. */}}
{{- define "policy-presets.subjects" -}}
{{- range .Values.requesters }}
{{- if and (eq .kind "ServiceAccount") (not .namespace) }}
{{- fail (printf "requesters: the ServiceAccount %s needs its namespace" .name) }}
{{- end }}
{{- if eq .kind "ServiceAccount" }}
- {kind: ServiceAccount, namespace: {{ .namespace }}, name: {{ .name }}}
{{- else }}
- {kind: {{ .kind }}, name: {{ .name | quote }}, apiGroup: rbac.authorization.k8s.io}
{{- end }}
{{- end }}
{{- end }}

{{/* The right to use a policy, by its name, and who has it. Takes name and root. */}}
{{- define "policy-presets.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: use-policy-{{ .name }}
  annotations: {helm.sh/resource-policy: keep}
rules:
  - apiGroups: [policy.cert-manager.io]
    resources: [certificaterequestpolicies]
    resourceNames: [{{ .name }}]
    verbs: [use]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: use-policy-{{ .name }}
  annotations: {helm.sh/resource-policy: keep}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: use-policy-{{ .name }}}
subjects:
{{- include "policy-presets.subjects" .root | nindent 2 }}
{{- end }}
