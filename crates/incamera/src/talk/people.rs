use super::desk::{AtDesk, KeysArgs};
use super::founding::doubts;
use crate::failure::Failure;
use incamera_client::{AskState, Duties, ParticipantEvent, RoleName, Stage, TalkCommand, TalkView};
use serde_json::json;
use std::time::{Duration, SystemTime};

/// As many as a head remembers.
const MAX_INVITATIONS: u16 = 256;

/// Options of `incamera talk invite`.
#[derive(clap::Args)]
pub(super) struct InviteArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// What they will be.
    #[arg(long, default_value = "delegate", value_parser = role)]
    role: RoleName,
    /// Whom it is for; shown to whoever vouches.
    #[arg(long, value_name = "NAME")]
    hint: Option<String>,
    /// Until when: 30m, 12h, 7d; otherwise it doesn't expire.
    #[arg(long, value_name = "TIME", value_parser = span)]
    expires: Option<Duration>,
    /// Whoever uses it first is vouched for without being looked at.
    #[arg(long)]
    automatic: bool,
    /// How many.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=MAX_INVITATIONS as i64))]
    count: u16,
    /// Print JSON: {"invitations": [{"id", "role", "hint", "url", "code"}]}.
    #[arg(long)]
    json: bool,
}

/// Options of `incamera talk lobby`.
#[derive(clap::Args)]
pub(super) struct LobbyArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// Print JSON: {"lobby", "waiting"} as in `talk show --json`.
    #[arg(long)]
    json: bool,
}

/// Options of `incamera talk vouch` and `approve`.
#[derive(clap::Args)]
pub(super) struct SeatsArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// Everybody who asks now; but whoever asks to be a head is to be named.
    #[arg(long, conflicts_with = "seats")]
    all: bool,
    /// Whom: seats' ids, or names as they are shown (after -- if one begins with -).
    #[arg(value_name = "SEAT", required_unless_present = "all")]
    seats: Vec<String>,
}

/// Options of `incamera talk refuse`.
#[derive(clap::Args)]
pub(super) struct RefuseArgs {
    #[command(flatten)]
    whom: SeatsArgs,
    /// Why; they read it.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Options of `incamera talk withdraw`.
#[derive(clap::Args)]
pub(super) struct WithdrawArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// Whose: a seat's id or name; otherwise your own.
    #[arg(value_name = "SEAT")]
    seat: Option<String>,
}

/// Options of `incamera talk revoke-head`.
#[derive(clap::Args)]
pub(super) struct RevokeHeadArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// Whom: a head's id, or name as `talk show` has it.
    #[arg(value_name = "HEAD")]
    head: String,
}

pub(super) async fn invite(args: InviteArgs) -> Result<(), Failure> {
    if args.automatic && args.role == RoleName::Head {
        return Err(Failure::new(
            "nobody becomes a head without being looked at; leave --automatic out",
        ));
    }
    let mut desk = founded(&args.keys).await?;
    let expiry = args.expires.map_or(0, from_now);
    for _ in 0..args.count {
        let invite = TalkCommand::Invite {
            role: args.role,
            hint: args.hint.clone(),
            expiry,
            automatic: args.automatic,
        };
        desk.carry_out(invite, |_| true).await?;
    }
    let mut made = Vec::new();
    while made.len() < usize::from(args.count) {
        let event = match desk.told.is_empty() {
            false => desk.told.remove(0),
            true => desk.next_event().await?,
        };
        if let ParticipantEvent::Invited(invitation) = event {
            made.push(invitation);
        }
    }
    desk.close().await?;
    if args.json {
        let made: Vec<_> = made
            .iter()
            .map(|made| {
                json!({
                    "id": made.id,
                    "role": made.role,
                    "hint": made.hint,
                    "url": made.url,
                    "code": made.code,
                })
            })
            .collect();
        println!("{}", json!({ "invitations": made }));
        return Ok(());
    }
    for made in made {
        println!("{}", made.url);
    }
    eprintln!("Whoever has such a link may ask for a seat; you vouch, the other side approves.");
    Ok(())
}

pub(super) async fn lobby(args: LobbyArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.keys).await?;
    let view = desk.view().await?;
    desk.close().await?;
    if args.json {
        println!(
            "{}",
            json!({ "lobby": view.lobby, "waiting": view.waiting })
        );
        return Ok(());
    }
    for asks in &view.lobby {
        let state = match asks.state {
            AskState::Asks => "asks",
            AskState::Vouched => "waits for the other side",
            AskState::Ready => "has a seat",
            AskState::Refused => "was refused",
        };
        let by = match (asks.invited, asks.expired) {
            (false, _) => ", not invited",
            (true, true) => ", by an expired invitation",
            (true, false) => "",
        };
        let head = match asks.role {
            RoleName::Head => ", to be a head",
            _ => "",
        };
        let doubts = doubts(&asks.suspicions);
        println!("{} {} {state}{head}{by}{doubts}", asks.id, asks.name);
    }
    for waits in &view.waiting {
        println!(
            "{} {} waits for your approval, vouched for by {}{}",
            waits.id,
            waits.name,
            waits.vouched_by,
            doubts(&waits.suspicions)
        );
    }
    Ok(())
}

pub(super) async fn vouch(args: SeatsArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.keys).await?;
    let view = desk.view().await?;
    let mut asking = asking(&view);
    if args.all {
        let heads = view.lobby.iter().filter(|asks| asks.role == RoleName::Head);
        let heads: Vec<_> = heads.map(|asks| &asks.id).collect();
        asking.retain(|(id, _)| !heads.contains(&id));
    }
    let seats = chosen(&args, &asking)?;
    let of = seats.clone();
    desk.carry_out(TalkCommand::Vouch { seats }, move |view| {
        let mut lobby = view.lobby.iter().filter(|asks| of.contains(&asks.id));
        lobby.all(|asks| matches!(asks.state, AskState::Vouched | AskState::Ready))
    })
    .await?;
    desk.close().await
}

pub(super) async fn refuse(args: RefuseArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.whom.keys).await?;
    let asking = asking(&desk.view().await?);
    for seat in chosen(&args.whom, &asking)? {
        let (of, reason) = (seat.clone(), args.reason.clone());
        desk.carry_out(TalkCommand::Refuse { seat, reason }, move |view| {
            let mut lobby = view.lobby.iter();
            lobby.any(|asks| asks.id == of && asks.state == AskState::Refused)
        })
        .await?;
    }
    desk.close().await
}

pub(super) async fn approve(args: SeatsArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.keys).await?;
    let view = desk.view().await?;
    let waiting = view.waiting.iter();
    let waiting: Vec<_> = waiting
        .map(|waits| (waits.id.clone(), waits.name.clone()))
        .collect();
    let seats = chosen(&args, &waiting)?;
    let of = seats.clone();
    desk.carry_out(TalkCommand::Approve { seats }, move |view| {
        let own = view.own.delegation;
        of.iter().all(|id| {
            let mut seats = view.seats.iter().filter(|seat| seat.id == *id);
            seats.any(|seat| {
                let mut by = seat.approved_by.iter();
                by.any(|by| Some(by.delegation) == own)
            })
        })
    })
    .await?;
    desk.close().await
}

pub(super) async fn revoke_head(args: RevokeHeadArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.keys).await?;
    let view = desk.view().await?;
    let own = view.heads.iter().filter(|head| {
        let side = Some(head.delegation) == view.own.delegation;
        side && !head.revoked && !head.own
    });
    let own: Vec<_> = own
        .map(|head| (head.id.clone(), head.name.clone()))
        .collect();
    let head = one(&args.head, &own)?;
    let of = head.clone();
    desk.carry_out(TalkCommand::RevokeHead { head }, move |view| {
        let mut heads = view.heads.iter().filter(|head| head.id == of);
        heads.any(|head| {
            let mut seats = view.seats.iter().filter(|seat| seat.id == head.seat);
            head.revoked && seats.all(|seat| seat.revoked)
        })
    })
    .await?;
    desk.close().await
}

pub(super) async fn withdraw(args: WithdrawArgs) -> Result<(), Failure> {
    let mut desk = args.keys.start(Duties::default())?;
    let view = desk.view().await?;
    let seat = match &args.seat {
        Some(seat) => one(seat, &seated(&view))?,
        None => view
            .own
            .id
            .clone()
            .ok_or_else(|| Failure::new("you have no seat to withdraw; see `talk show`"))?,
    };
    let of = seat.clone();
    desk.carry_out(TalkCommand::Withdraw { seat }, move |view| {
        let mut seats = view.seats.iter();
        seats.any(|seat| seat.id == of && seat.revoked)
    })
    .await?;
    desk.close().await
}

/// Connects as a head of a talk that is founded, or is about to be.
pub(super) async fn founded(keys: &KeysArgs) -> Result<AtDesk, Failure> {
    let mut desk = keys.start(Duties::default())?;
    let view = desk.view().await?;
    if !view.own.head {
        return Err(Failure::new(
            "only a head can do this; these are a guest's keys",
        ));
    }
    match view.stage {
        Stage::Founded => Ok(desk),
        Stage::Founding => {
            desk.wait(|view| view.stage != Stage::Founding).await?;
            desk.view().await?;
            Ok(desk)
        }
        _ => Err(Failure::new(
            "the talk isn't founded yet; the place is to be claimed and countersigned first",
        )),
    }
}

/// Everybody with a seat, by id and name.
pub(super) fn seated(view: &TalkView) -> Vec<(String, String)> {
    let seats = view.seats.iter().filter(|seat| !seat.revoked);
    seats
        .map(|seat| (seat.id.clone(), seat.name.clone()))
        .collect()
}

/// The one seat of an id or a name.
pub(super) fn one(given: &str, known: &[(String, String)]) -> Result<String, Failure> {
    let fits: Vec<_> = known
        .iter()
        .filter(|(id, name)| id == given || name == given)
        .collect();
    match fits.as_slice() {
        [(id, _)] => Ok(id.clone()),
        [] => Err(Failure::new(format!(
            "there is no \"{given}\" now; see `talk lobby` and `talk show`"
        ))),
        _ => Err(Failure::new(format!(
            "several people are called \"{given}\"; give the seat's id"
        ))),
    }
}

fn asking(view: &TalkView) -> Vec<(String, String)> {
    let asks = view.lobby.iter();
    asks.filter(|asks| asks.state == AskState::Asks)
        .map(|asks| (asks.id.clone(), asks.name.clone()))
        .collect()
}

fn chosen(args: &SeatsArgs, known: &[(String, String)]) -> Result<Vec<String>, Failure> {
    if args.all {
        return Ok(known.iter().map(|(id, _)| id.clone()).collect());
    }
    args.seats.iter().map(|given| one(given, known)).collect()
}

fn role(text: &str) -> Result<RoleName, String> {
    Ok(match text {
        "head" => RoleName::Head,
        "delegate" => RoleName::Delegate,
        "expert" => RoleName::Expert,
        "interpreter" => RoleName::Interpreter,
        "note_taker" => RoleName::NoteTaker,
        "observer" => RoleName::Observer,
        "mediator" => RoleName::Mediator,
        _ => {
            return Err(
                "take head, delegate, expert, interpreter, note_taker, observer or mediator".into(),
            );
        }
    })
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "write it as 30m, 12h or 7d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a person's time is the clock's")]
fn from_now(span: Duration) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let then = now.unwrap_or_default() + span;
    u64::try_from(then.as_millis()).unwrap_or(u64::MAX)
}
