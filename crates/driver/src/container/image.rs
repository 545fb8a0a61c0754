//! Images: those that are there are used, the others are fetched.

use hyper::Method;
use serde::Deserialize;

use super::api::{Api, ApiError, Sent, query};

/// An image that is there.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Image {
    /// Its id: a digest, too, of another form.
    pub(super) id: String,
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
}

impl Image {
    /// The image by its digest, as anybody can fetch it; by its id, if it came from nowhere.
    pub(super) fn pinned(&self) -> String {
        self.repo_digests.iter().flatten().next().unwrap_or(&self.id).clone()
    }
}

/// A line of the report of a fetch.
#[derive(Deserialize)]
struct Progress {
    error: Option<String>,
}

/// Gives an image, and fetches it if it is not there. The error says in words why there is none.
pub(super) async fn ensure(api: &Api, name: &str, say: &(dyn Fn(String) + Sync)) -> Result<Image, String> {
    let failed = |error: ApiError| format!("the image {name} cannot be had: {}", error.words());
    if let Some(image) = find(api, name).await.map_err(failed)? {
        return Ok(image);
    }
    say(format!("the image {name} is being fetched"));
    fetch(api, name).await.map_err(|why| format!("the image {name} cannot be fetched: {why}"))?;
    find(api, name)
        .await
        .map_err(failed)?
        .ok_or_else(|| format!("the image {name} is not there, though it was fetched"))
}

async fn find(api: &Api, name: &str) -> Result<Option<Image>, ApiError> {
    // A slash is part of the path there; nothing else in a name has a meaning of its own.
    let path: Vec<_> = name.split('/').map(query).collect();
    api.find(&format!("/images/{}/json", path.join("/"))).await
}

async fn fetch(api: &Api, name: &str) -> Result<(), String> {
    let path = format!("/images/create?fromImage={}", query(tagged(name)));
    let answer = api.send(Method::POST, &path, Sent::Nothing).await.map_err(|error| error.words())?;
    let report = api.whole(answer).await.map_err(|error| error.words())?;
    // It is known only at its end whether it was fetched: what was said first is answered with success.
    let lines = report.split(|byte| *byte == b'\n');
    let mut errors = lines.filter_map(|line| serde_json::from_slice::<Progress>(line).ok()?.error);
    errors.next_back().map_or(Ok(()), Err)
}

/// The name with a tag or digest: without one, all tags would be meant.
fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use super::tagged;

    #[test]
    fn a_name_without_a_tag_means_the_latest() {
        assert_eq!(tagged("example.com:5000/a/b"), "example.com:5000/a/b:latest");
        assert_eq!(tagged("a/b:1"), "a/b:1");
        assert_eq!(tagged("a@sha256:00"), "a@sha256:00");
    }
}
