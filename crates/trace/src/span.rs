use std::time::{Duration, Instant, SystemTime};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    Endpoint, SpanContext,
    export::{Exporter, Message, NoClient},
    otlp::{Attribute, Ended, Resource},
};

/// How many spans may wait to be told of. More than that are lost.
const WAITING: usize = 4_096;

/// How long what has ended may take to be told of at the end.
const FINISH: Duration = Duration::from_secs(5);

/// Makes spans. One that knows no collector makes such as only pass on who caused them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tracer {
    spans: Option<mpsc::Sender<Message>>,
}

impl Tracer {
    /// One that tells the collector at `endpoint` of spans, as `service` of this `version`, with further attributes of who
    /// tells. Has to be called where tokio runs; ended by [`Tracer::finish`].
    ///
    /// # Errors
    ///
    /// When there can be no HTTP client.
    pub fn start(
        endpoint: &Endpoint,
        service: &'static str,
        version: &'static str,
        attributes: &[(&'static str, Attribute)],
    ) -> Result<Self, NoClient> {
        let mut resource = vec![("service.name", service.into()), ("service.version", version.into())];
        resource.extend_from_slice(attributes);
        let exporter = Exporter::new(endpoint, Resource(resource))?;
        let (spans, waiting) = mpsc::channel(WAITING);
        tokio::spawn(exporter.run(waiting));
        Ok(Self { spans: Some(spans) })
    }

    /// Whether a collector is told of spans.
    pub fn is_on(&self) -> bool {
        self.spans.is_some()
    }

    /// Begins a span, caused by `parent`. Without one it is the first of a trace.
    ///
    /// It is recorded when a collector is known, unless whoever began the trace wants it not recorded.
    pub fn span(&self, name: impl Into<String>, kind: Kind, parent: Option<SpanContext>) -> Span {
        let spans = self.spans.as_ref().filter(|_| parent.is_none_or(|parent| parent.sampled));
        let Some(spans) = spans else { return Span { context: parent, recording: None } };
        let context = parent.map_or_else(SpanContext::root, SpanContext::child);
        let ended = Ended {
            context,
            parent: parent.map(|parent| parent.span),
            name: name.into(),
            kind,
            begun: SystemTime::now(),
            took: Duration::ZERO,
            attributes: vec![],
            failure: None,
        };
        let recording = Recording { ended, since: Instant::now(), spans: spans.clone() };
        Span { context: Some(context), recording: Some(recording) }
    }

    /// Tells of everything that has ended, as far as the collector takes it within a few seconds.
    pub async fn finish(&self) {
        let Some(spans) = &self.spans else { return };
        let (told, heard) = oneshot::channel();
        let all = async {
            if spans.send(Message::Finish(told)).await.is_ok() {
                // Nothing comes when the exporter is gone: then there is nobody to wait for.
                let _ = heard.await;
            }
        };
        let _ = timeout(FINISH, all).await;
    }
}

/// What a span is to the one it hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request that is answered.
    Server,
    /// Something that is sent, to be worked at later by somebody else.
    Producer,
    /// What is made of something that was sent.
    Consumer,
}

/// One step of what a trace tells of, from when it is made until it is dropped.
#[derive(Debug)]
pub struct Span {
    context: Option<SpanContext>,
    recording: Option<Recording>,
}

#[derive(Debug)]
struct Recording {
    ended: Ended,
    since: Instant,
    spans: mpsc::Sender<Message>,
}

impl Span {
    /// What it causes hangs on this. Of a span that is not recorded, that is what it hangs on itself.
    pub fn context(&self) -> Option<SpanContext> {
        self.context
    }

    /// Says something about it.
    pub fn set(&mut self, name: &'static str, value: impl Into<Attribute>) {
        if let Some(recording) = &mut self.recording {
            recording.ended.attributes.push((name, value.into()));
        }
    }

    /// It has failed, for this reason.
    pub fn fail(&mut self, why: impl Into<String>) {
        if let Some(recording) = &mut self.recording {
            recording.ended.failure = Some(why.into());
        }
    }

    /// Ends it without telling anybody.
    pub fn forget(mut self) {
        self.recording = None;
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(Recording { mut ended, since, spans }) = self.recording.take() {
            ended.took = since.elapsed();
            // Without room it is lost: nothing waits for a collector.
            let _ = spans.try_send(Message::Ended(ended));
        }
    }
}
