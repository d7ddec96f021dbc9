//! Whether numbers grow.

/// From how close to one the square of their correlation is on, time and people can't be told
/// apart.
const ALIKE: f64 = 0.9;

/// What was measured at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// In seconds.
    pub(crate) time: f64,
    /// How many people were there.
    pub(crate) people: f64,
    pub(crate) value: f64,
}

/// How much a line through the samples grows from the first to the last, as a share of their mean.
pub(crate) fn growth(samples: &[Sample]) -> Option<f64> {
    let sums = Sums::of(samples);
    share(samples, sums.time_value / sums.time_time)
}

/// As [`growth`], of what the number of people doesn't explain: a plane through time, people and
/// value, along the time. Each person takes memory, and by chance more may be there at the end.
pub(crate) fn growth_for_equal_people(samples: &[Sample]) -> Option<f64> {
    let sums = Sums::of(samples);
    let common = sums.time_people.powi(2);
    let both = sums.time_time * sums.people_people;
    if common >= ALIKE * both {
        return growth(samples);
    }
    let slope = sums.time_value * sums.people_people - sums.people_value * sums.time_people;
    share(samples, slope / (both - common))
}

fn share(samples: &[Sample], slope: f64) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    let mean = mean(samples, |sample| sample.value);
    let growth = slope * (last.time - first.time) / mean;
    growth.is_finite().then_some(growth)
}

fn mean(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    samples.iter().map(of).sum::<f64>() / samples.len() as f64
}

/// Sums of products of the distances from the mean.
struct Sums {
    time_time: f64,
    people_people: f64,
    time_people: f64,
    time_value: f64,
    people_value: f64,
}

impl Sums {
    fn of(samples: &[Sample]) -> Self {
        let means = Sample {
            time: mean(samples, |sample| sample.time),
            people: mean(samples, |sample| sample.people),
            value: mean(samples, |sample| sample.value),
        };
        let sum = |of: &dyn Fn(Sample) -> f64| {
            let distances = samples.iter().map(|sample| Sample {
                time: sample.time - means.time,
                people: sample.people - means.people,
                value: sample.value - means.value,
            });
            distances.map(of).sum()
        };
        Self {
            time_time: sum(&|it| it.time * it.time),
            people_people: sum(&|it| it.people * it.people),
            time_people: sum(&|it| it.time * it.people),
            time_value: sum(&|it| it.time * it.value),
            people_value: sum(&|it| it.people * it.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(people: impl Fn(f64) -> f64, value: impl Fn(f64, f64) -> f64) -> Vec<Sample> {
        let times = (0..100).map(f64::from);
        let sample = |time| {
            let people = people(time);
            Sample {
                time,
                people,
                value: value(time, people),
            }
        };
        times.map(sample).collect()
    }

    #[track_caller]
    fn check(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 0.002, "{found}");
    }

    #[test]
    fn a_slope_is_told_from_a_wobble() {
        let alone = |value: fn(f64) -> f64| growth(&samples(|_| 0.0, |time, _| value(time)));
        check(alone(|_| 50.0), 0.0);
        check(alone(|time| 50.0 + time / 99.0), 1.0 / 50.5);
        check(alone(|time| 50.0 - time / 99.0), -1.0 / 49.5);
        check(alone(|time| 50.0 + (time % 2.0)), 0.0);
    }

    #[test]
    fn what_people_take_is_told_from_what_stays() {
        // Three people, and five in the second half, each of whom takes one.
        let people = |time| if time < 50.0 { 3.0 } else { 5.0 };
        let steady = samples(people, |_, people| 50.0 + people);
        assert!(growth(&steady).unwrap() > 0.04);
        check(growth_for_equal_people(&steady), 0.0);
        let leaks = samples(people, |time, people| 50.0 + people + time / 99.0);
        check(growth_for_equal_people(&leaks), 1.0 / 54.5);
        // One more each second, or nobody ever: then it is the line.
        let more = samples(|time| time, |_, people| 50.0 + people);
        assert_eq!(growth_for_equal_people(&more), growth(&more));
        let nobody = samples(|_| 2.0, |time, _| 50.0 + time / 99.0);
        check(growth_for_equal_people(&nobody), 1.0 / 50.5);
    }

    #[test]
    fn too_few_samples_say_nothing() {
        for of in [growth, growth_for_equal_people] {
            assert_eq!(of(&[]), None);
            let one = Sample {
                time: 1.0,
                people: 1.0,
                value: 2.0,
            };
            assert_eq!(of(&[one]), None);
        }
    }
}
