mod acts;
mod admission;
mod amending;
mod founding;
mod schedules;
mod signatures;
mod switches;
