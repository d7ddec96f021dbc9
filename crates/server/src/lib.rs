//! HTTP, WebSocket, TLS, media sockets, clock and configuration of the server; it never links e2ee or talk.
