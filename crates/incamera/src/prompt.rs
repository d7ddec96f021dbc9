//! Questions to whoever sits at the terminal.

use crate::failure::Failure;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal as _, Stdin, stdin};

/// Asks yes or no.
pub(crate) async fn confirm(question: &str) -> Result<bool, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::new(
            "there is nobody to ask; say --yes, or do it at a terminal",
        ));
    }
    eprint!("{question} [y/n] ");
    let answer = tokio::task::spawn_blocking(line).await??;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Asks for a passphrase, which isn't shown; a new one twice.
pub(crate) fn passphrase(twice: bool) -> Result<String, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::new(
            "there is nobody to ask for the passphrase; give it as --passphrase @FILE",
        ));
    }
    let silence = Silence::start(stdin())?;
    eprint!("Passphrase: ");
    let first = line()?;
    eprintln!();
    if twice {
        eprint!("The same again: ");
        let second = line()?;
        eprintln!();
        if first != second {
            return Err(Failure::new("the two passphrases differ; try again"));
        }
    }
    drop(silence);
    Ok(first)
}

fn line() -> Result<String, Failure> {
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that doesn't show what is typed, until this is dropped.
struct Silence {
    terminal: Stdin,
    before: Termios,
}

impl Silence {
    fn start(terminal: Stdin) -> Result<Self, Failure> {
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing either.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}
