mod admission;
mod amending;
mod founding;
mod schedules;
