//go:build tools

package tools

import _ "github.com/containers/podman/v5/cmd/quadlet"
