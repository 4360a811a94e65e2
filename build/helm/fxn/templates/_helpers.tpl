{{- define "fxn.name" -}}
{{- if contains "fxn" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-fxn" (.Release.Name | trunc 46 | trimSuffix "-") }}{{ end -}}
{{- end }}

{{- define "fxn.selector" -}}
app.kubernetes.io/name: fxn
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fxn.labels" -}}
{{ include "fxn.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "fxn.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "fxn.alive" -}}
{{- if .clientCaFile -}}
tcpSocket: { port: http }
{{- else -}}
httpGet: { path: /health, port: http{{ if .certFile }}, scheme: HTTPS{{ end }} }
{{- end -}}
{{- end -}}
