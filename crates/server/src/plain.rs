//! Plain HTTP that is answered without a server behind it: to who has no place, and to who speaks
//! HTTP where HTTPS is spoken.

use crate::origin::Origins;
use incamera_wire::{ApiError, ApiReason};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What a request's head may have.
const HEAD: usize = 8 * 1024;
/// For the whole exchange.
const EXCHANGE: Duration = Duration::from_secs(3);

/// Writes a refusal into the socket's buffer, which is empty, and waits for nothing.
pub(crate) fn refuse_at_once(stream: &TcpStream, sentence: &str) {
    let error = ApiError {
        reason: ApiReason::Unavailable,
        error: sentence.to_owned(),
    };
    let body = serde_json::to_string(&error).unwrap_or_default();
    let reply = reply(
        "503 Service Unavailable",
        "Retry-After: 5\r\nContent-Type: application/json\r\n",
        &body,
    );
    // What came already has to be read, or the system resets the connection and with it the reply.
    let mut ignored = [0; 2048];
    let _ = stream.try_read(&mut ignored);
    let _ = stream.try_write(reply.as_bytes());
}

/// Sends a browser that was given the address without `https://` to the same page by HTTPS.
pub(crate) async fn send_to_https(mut stream: TcpStream, origins: &Origins) -> io::Result<()> {
    let exchange = async {
        let mut head = Vec::new();
        while !ends(&head) && head.len() < HEAD {
            if stream.read_buf(&mut head).await? == 0 {
                break;
            }
        }
        let reply = match target(&head, origins) {
            Some(target) => {
                let location = format!("Location: {target}\r\n");
                reply("308 Permanent Redirect", &location, "")
            }
            None => reply(
                "400 Bad Request",
                "Content-Type: text/plain; charset=utf-8\r\n",
                "This address speaks HTTPS: write https:// before it.\n",
            ),
        };
        stream.write_all(reply.as_bytes()).await?;
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok(())
    };
    timeout(EXCHANGE, exchange).await?
}

fn ends(head: &[u8]) -> bool {
    head.windows(4).any(|window| window == b"\r\n\r\n")
}

/// The address asked for, with HTTPS, if it is one of this server's.
fn target(head: &[u8], origins: &Origins) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?;
    let host = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim())
    })?;
    let origin = format!("https://{host}");
    let plain = |c: char| c.is_ascii_graphic();
    let good = origins.contains(&origin) && path.starts_with('/') && path.chars().all(plain);
    good.then(|| origin + path)
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, expected: Option<&str>) {
        let listen = "192.0.2.7:8443".parse().unwrap();
        let origins = Origins::new(listen, true, &[], None, &[]).unwrap();
        assert_eq!(target(head.as_bytes(), &origins).as_deref(), expected);
    }

    #[test]
    fn only_own_addresses_are_sent_on() {
        let host = "Host: 192.0.2.7:8443";
        check(
            &format!("GET /t/a?b HTTP/1.1\r\n{host}\r\n\r\n"),
            Some("https://192.0.2.7:8443/t/a?b"),
        );
        check("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", None);
        check("GET / HTTP/1.1\r\n\r\n", None);
        check(&format!("GET http://x/ HTTP/1.1\r\n{host}\r\n\r\n"), None);
        check(&format!("GET /\u{7f} HTTP/1.1\r\n{host}\r\n\r\n"), None);
        check("", None);
    }
}
