//! Documents that tests put into libraries.

/// An application of one block.
pub const SINGLE: &str = "\
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: single, version: 1.0.0}
spec:
  type: toplevel
  composite: {parts: {only: {block: only, place: hq}}}
---
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: only, version: 1.0.0}
spec: {type: component, bodies: {any: {workload: {image: 'example.com/only:1'}}}}
---
apiVersion: skupperx.io/v1
kind: Application
metadata: {name: single, version: 1.0.0}
spec: {root: single@1.0.0}
";
