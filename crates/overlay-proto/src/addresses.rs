//! Address tables: which sites of a realm are attached where, and what they serve.
