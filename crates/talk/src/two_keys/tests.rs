mod acts;
mod admission;
mod amending;
mod founding;
mod packets;
mod schedules;
mod signatures;
mod switches;
