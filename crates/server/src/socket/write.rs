use super::outbox::{Ending, Outbox, Queue, Text};
use crate::config::Limits;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use incamera_wire::{Refusal, ServerMessage};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// For the last words to somebody who may not be listening.
const FAREWELL: Duration = Duration::from_secs(1);

type Sink = SplitSink<WebSocket, Message>;

/// Writes what the outbox holds until the connection ends, then says why it does.
pub(super) async fn run(mut sink: Sink, outbox: Outbox, mut queue: Queue, limits: Limits) {
    let mut pings = interval(limits.silence / 3);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ending = loop {
        let message = tokio::select! {
            biased;
            ending = outbox.ended() => break ending,
            Some(text) = queue.passing.recv() => Message::Text(text),
            Some(text) = queue.stored.recv() => Message::Text(text),
            _ = pings.tick() => Message::Ping(axum::body::Bytes::new()),
        };
        #[cfg(feature = "test-hooks")]
        let Some(message) = meddled(&mut sink, &outbox, message).await else {
            continue;
        };
        // What ends the connection also ends the wait for a reader that doesn't read.
        let written = tokio::select! {
            biased;
            written = timeout(limits.write, sink.send(message)) => written,
            ending = outbox.ended() => break ending,
        };
        match written {
            Ok(Ok(())) => {}
            Ok(Err(_)) => outbox.end(Ending::Lost),
            Err(_) => outbox.end(Ending::Slow),
        }
    };
    // Who doesn't take these in time doesn't get them.
    let _ = timeout(FAREWELL, farewell(sink, queue, ending)).await;
}

/// What a test makes of a message: writes all but the last, and returns that.
#[cfg(feature = "test-hooks")]
async fn meddled(sink: &mut Sink, outbox: &Outbox, message: Message) -> Option<Message> {
    let (Some(meddling), Message::Text(text)) = (&outbox.meddling, &message) else {
        return Some(message);
    };
    let mut told = meddling.tell(text.clone());
    let last = told.pop();
    for text in told {
        if sink.send(Message::Text(text)).await.is_err() {
            outbox.end(Ending::Lost);
        }
    }
    last.map(Message::Text)
}

async fn farewell(mut sink: Sink, mut queue: Queue, ending: Ending) -> Result<(), axum::Error> {
    let (reason, detail) = match ending {
        Ending::Closed | Ending::Lost | Ending::Displaced => return sink.close().await,
        Ending::Refused(reason, detail) => (reason, detail),
        Ending::Stopping => (Refusal::Stopping, "The server is stopping.".to_owned()),
        Ending::Slow => {
            let sentence = "This connection didn't take what it was sent fast enough.";
            (Refusal::TooMany, sentence.to_owned())
        }
    };
    // Replies that were promised come before the last word.
    while let Ok(text) = queue.passing.try_recv() {
        sink.send(Message::Text(text)).await?;
    }
    let refused = ServerMessage::Refused {
        request: None,
        reason,
        detail,
    };
    if let Ok(text) = serde_json::to_string(&refused) {
        sink.send(Message::Text(Text::from(text))).await?;
    }
    let frame = CloseFrame {
        code: close_code(reason),
        reason: Text::from_static(""),
    };
    sink.send(Message::Close(Some(frame))).await
}

/// RFC 6455 section 7.4.1.
fn close_code(reason: Refusal) -> u16 {
    match reason {
        Refusal::Stopping => close_code::AWAY,
        Refusal::TooLarge => close_code::SIZE,
        Refusal::Unavailable => close_code::AGAIN,
        _ => close_code::POLICY,
    }
}
