mod admission;
mod amending;
mod founding;
mod parties;
mod schedules;
