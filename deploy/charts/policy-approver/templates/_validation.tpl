{{/* What the schema cannot say, or not say why. */}}
{{- define "policy-approver.validate" -}}
{{- $values := .Values }}
{{- with $values.podDisruptionBudget }}
{{- if and .enabled (not (kindIs "invalid" .minAvailable)) (not (kindIs "invalid" .maxUnavailable)) }}
{{- fail "podDisruptionBudget: set minAvailable or maxUnavailable, not both: Kubernetes takes one" }}
{{- end }}
{{- end }}
{{- with $values.image }}
{{- if and .digest (not (regexMatch "^sha256:[0-9a-f]{64}$" .digest)) }}
{{- fail (printf "image.digest: %q is not sha256: and 64 digits: see `docker inspect` or your registry" .digest) }}
{{- end }}
{{- if and .tag (not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$" .tag)) }}
{{- fail (printf "image.tag: %q is no tag: letters, digits, dots, dashes; a digest goes to image.digest" .tag) }}
{{- end }}
{{- end }}
{{- range $values.app.approveSignerNames }}
{{- if not (regexMatch "^[a-z0-9-]+\\.[a-z0-9.-]+/[a-z0-9.*-]+$" .) }}
{{- fail (printf "app.approveSignerNames: %q is not RESOURCE.GROUP/NAME, such as issuers.cert-manager.io/* or clusterissuers.cert-manager.io/internal-ca" .) }}
{{- end }}
{{- end }}
{{- $replaced := $.Files.Get "files/replaced-flags.json" | fromJson }}
{{- range $values.app.extraArgs }}
{{- if not (hasPrefix "-" .) }}
{{- fail (printf "app.extraArgs: %q is no flag: write --NAME=VALUE as one text" .) }}
{{- end }}
{{- $flag := splitList "=" . | first }}
{{- with get $replaced $flag }}
{{- fail (printf "app.extraArgs: %s is a flag of approver-policy: %s" $flag .) }}
{{- end }}
{{- end }}
{{- range $name, $value := dict "app.unmatchedGrace" $values.app.unmatchedGrace "startupapicheck.timeout" $values.startupapicheck.timeout }}
{{- if not (regexMatch "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" $value) }}
{{- fail (printf "%s: %q is no duration, such as 30s or 1m30s" $name $value) }}
{{- end }}
{{- end }}
{{- with $values.app }}
{{- if and .metrics.podmonitor.enabled .metrics.service.servicemonitor.enabled }}
{{- fail "app.metrics: enable podmonitor or service.servicemonitor, not both: every metric would be scraped twice" }}
{{- end }}
{{- if and .metrics.service.servicemonitor.enabled (not .metrics.service.enabled) }}
{{- fail "app.metrics.service.servicemonitor: needs the Service: set app.metrics.service.enabled, or app.metrics.podmonitor.enabled instead" }}
{{- end }}
{{- if eq (int .metrics.port) (int .readinessProbe.port) }}
{{- fail (printf "app.metrics.port and app.readinessProbe.port are both %d: each needs a port of its own" (int .metrics.port)) }}
{{- end }}
{{- if include "policy-approver.webhook" $ }}
{{- range $name, $port := dict "app.metrics.port" .metrics.port "app.readinessProbe.port" .readinessProbe.port }}
{{- if eq (int $port) (int $values.app.webhook.port) }}
{{- fail (printf "%s and app.webhook.port are both %d: each needs a port of its own" $name (int $port)) }}
{{- end }}
{{- end }}
{{- if and (or $values.hostNetwork .webhook.hostNetwork) (eq (int .webhook.port) 10250) }}
{{- fail "app.webhook.port: with hostNetwork, 10250 is the kubelet's own port: set another one, such as 10260" }}
{{- end }}
{{- if and .webhook.certificateDir (eq $values.admission.caInjection "self") }}
{{- fail "admission.caInjection: self is about the controller's own CAs; with app.webhook.certificateDir leave it out, and have the CA of those injected as docs/install.md says" }}
{{- end }}
{{- range .extraArgs }}
{{- $flag := splitList "=" . | first }}
{{- if has $flag (list "--webhook-host" "--webhook-port" "--webhook-service-name" "--webhook-configuration-name" "--webhook-ca-injection" "--webhook-ca-secret-namespace" "--webhook-ca-secret-name" "--webhook-certificate-dir" "--webhook-request-warnings" "--cert-manager-account") }}
{{- fail (printf "app.extraArgs: %s follows from app.webhook and admission, and rights and Service with it: set those" $flag) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq .enforcement "shadow") (or .approveWhenNoPolicies (ne .unmatched "leave")) }}
{{- fail "app.enforcement: in shadow nothing is written, so approveWhenNoPolicies and unmatched have no effect: leave them out" }}
{{- end }}
{{- end }}
{{- if and $values.grafanaDashboard.operator.enabled (not $values.grafanaDashboard.enabled) }}
{{- fail "grafanaDashboard.operator: refers to the ConfigMap: set grafanaDashboard.enabled, too" }}
{{- end }}
{{- range $alert, $off := $values.prometheusRule.disabled }}
{{- if not (contains (printf "alert: %s\n" $alert) ($.Files.Get "files/rules.yaml")) }}
{{- fail (printf "prometheusRule.disabled: there is no alert %s: see docs/runbooks.md for their names" $alert) }}
{{- end }}
{{- end }}
{{- end }}
