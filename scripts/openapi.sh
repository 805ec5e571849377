#!/bin/sh
# Validates the served OpenAPI document with a public validator, @seriousme/openapi-schema-validator. Needs npm and a
# package registry; the structure is checked without either by `go test ./console`.
# usage: openapi.sh
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test ./console -run '^TestDocumentHoldsToTheStandard$' -count=1 -args -document "$work/openapi.json" >/dev/null
(cd "$work" && npm init -y >/dev/null 2>&1 && npm install --no-audit --no-fund '@seriousme/openapi-schema-validator@2.11.0' >/dev/null 2>&1) || {
	echo "openapi: the validator cannot be had here" >&2
	exit 2
}
"$work/node_modules/.bin/validate-api" "$work/openapi.json"
