use incamera_model::MediaKind;
use std::sync::Arc;

/// Sees the payload of each packet that comes in to be forwarded, with what it was declared as.
pub type Tap = Arc<dyn Fn(MediaKind, &[u8]) + Send + Sync>;

/// What a test does to forwarded media.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Sees each payload before it is altered.
    pub tap: Option<Tap>,
    /// Flips one bit of the last byte of every nth payload; 0 for none.
    pub flip_every: u64,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Hooks(tap: {}, flip_every: {})",
            self.tap.is_some(),
            self.flip_every
        )
    }
}

impl Hooks {
    /// Applies the hooks to the `count`th payload.
    pub(crate) fn apply(&self, count: u64, kind: MediaKind, payload: &mut Arc<[u8]>) {
        if let Some(tap) = &self.tap {
            tap(kind, payload);
        }
        if self.flip_every > 0 && count.is_multiple_of(self.flip_every) {
            let mut altered = payload.to_vec();
            if let Some(last) = altered.last_mut() {
                *last ^= 1;
            }
            *payload = altered.into();
        }
    }
}
