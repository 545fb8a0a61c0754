//! The starter library, as it is in `examples/library`: it ships with the program.

use crate::Source;

macro_rules! starter {
    ($($file:literal),+ $(,)?) => {
        /// The texts of the starter library.
        pub fn starter() -> Vec<Source> {
            vec![
                // What every library has anyway is there to be found, too.
                Source::new("starter/interface-types.yaml", include_str!("library/builtin.yaml")),
                $(Source::new(
                    concat!("starter/", $file),
                    include_str!(concat!("../../../examples/library/", $file)),
                ),)+
            ]
        }

        #[cfg(test)]
        const FILES: &[&str] = &[$($file),+];
    };
}

starter!["connectors.yaml", "edges.yaml", "messaging.yaml", "monitoring.yaml", "stores.yaml", "web.yaml"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Library;

    #[test]
    fn every_file_of_the_starter_library_ships() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/library");
        let entries = std::fs::read_dir(folder).expect("the folder");
        let mut files: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        files.sort();
        assert_eq!(files, FILES);
        let (_, problems) = Library::load(&starter());
        assert!(problems.is_empty(), "{problems}");
    }
}
