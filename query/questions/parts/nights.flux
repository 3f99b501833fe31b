// Nights by the clock on the ward's wall: night D is noon of day D to noon of the next, 23 or 25 hours when clocks change.
// It needs the imports date and timezone, and the parameter `timezone`.
option location = timezone.location(name: params.timezone)

two_digits = (v) => if v < 10 then "0${v}" else "${v}"

// The date of a night, from the instant at which it begins.
night_name = (t) => "${date.year(t: t)}-${two_digits(v: date.month(t: t))}-${two_digits(v: date.monthDay(t: t))}"

// Rows of `cover`, cut at noon and told by their night: `_start` and `_stop` bound it, `begins` and `night` name it.
// What reaches over noon becomes a second row, in the night before, which does not count as a reading.
by_night = (tables=<-) => {
    placed = tables |> group() |> window(every: 1d, offset: 12h)
    own =
        placed
            |> map(fn: (r) => ({r with from: if r.from < int(v: r._start) then int(v: r._start) else r.from}))
            |> map(fn: (r) => ({r with weight: if r.to > r.from then r.to - r.from else 0}))
            |> filter(fn: (r) => r.counted or r.weight > 0)
    before =
        placed
            |> filter(fn: (r) => r.from < int(v: r._start) and r.weight > 0)
            |> map(
                fn: (r) =>
                    ({r with
                        _time: time(v: r.from),
                        to: if r.to < int(v: r._start) then r.to else int(v: r._start),
                        counted: false,
                    }),
            )
            |> map(fn: (r) => ({r with weight: r.to - r.from}))
            |> group()
            |> window(every: 1d, offset: 12h)

    return
        union(tables: [own, before])
            |> map(fn: (r) => ({r with night: night_name(t: r._start), begins: r._start}))
            |> group(columns: ["night", "begins"])
}
