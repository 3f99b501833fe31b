"""naiveBayesClassifier.naiveBayes: how likely a class is, given a value."""

from influxlite.flux.stdlib.registry import flux

naive_bayes = flux(
    "(<-tables: stream[{C with _time: time, _measurement: E, _field: D}], myClass: string, myField: A, "
    "myMeasurement: B) => stream[F] where A: Equatable, B: Equatable, D: Equatable, E: Equatable, F: Record",
    """(tables=<-, myClass, myField, myMeasurement) => {
        chosen = (tables=<-) => tables
            |> filter(fn: (r) => r["_measurement"] == myMeasurement and r["_field"] == myField)
            |> group()
        training = tables |> range(start: 2020-01-02T00:00:00Z, stop: 2020-01-06T23:00:00Z) |> chosen()
        test = tables |> range(start: 2020-01-01T00:00:00Z, stop: 2020-01-01T23:00:00Z) |> chosen()
        total = (training
            |> group(columns: ["_field"])
            |> count()
            |> tableFind(fn: (key) => key._field == myField)
            |> getRecord(idx: 0))._value
        P_Class_k = training
            |> group(columns: [myClass, "_field"])
            |> count()
            |> map(fn: (r) => ({r with p_k: float(v: r._value) / float(v: total), tc: total}))
            |> group()
        P_value_x = training
            |> group(columns: ["_value", "_field"])
            |> count(column: myClass)
            |> map(fn: (r) => ({r with p_x: float(v: r.airborne) / float(v: total), tc: total}))
        P_k_x = training
            |> group(columns: ["_field", "_value", myClass])
            |> reduce(fn: (r, accumulator) => ({sum: 1.0 + accumulator.sum}), identity: {sum: 0.0})
            |> group()
        P_k_x_class = join(tables: {P_k_x: P_k_x, P_Class_k: P_Class_k}, on: [myClass], method: "inner")
            |> group(columns: [myClass, "_value_P_k_x"])
            |> limit(n: 1)
            |> map(fn: (r) => ({r with P_x_k: r.sum / float(v: r._value_P_Class_k)}))
            |> drop(columns: ["_field_P_Class_k", "_value_P_Class_k"])
            |> rename(columns: {_field_P_k_x: "_field", _value_P_k_x: "_value"})
        Probability_table = join(
                tables: {P_k_x_class: P_k_x_class, P_value_x: P_value_x},
                on: ["_value", "_field"],
                method: "inner",
            )
            |> map(fn: (r) => ({r with Probability: r.P_x_k * r.p_k / r.p_x}))
        r = test |> keep(columns: ["_value", "Animal_name", "_field"])

        return join(tables: {Probability_table: Probability_table, r: r}, on: ["_value"], method: "inner")
    }""",
    """The probability of each class for the values of a field, by Bayes' rule from counts.

    As in Flux it is made for one data set: it learns from 2020-01-02 to 2020-01-06, judges 2020-01-01, and the class is
    a column `airborne`.

        import "csv"
        import "contrib/RohanSreerama5/naiveBayesClassifier"
        csv.from(csv: "#datatype,string,long,dateTime:RFC3339,string,string,long,string,string
        #group,false,false,false,true,true,false,false,false
        #default,_result,,,,,,,
        ,result,table,_time,_measurement,_field,_value,airborne,Animal_name
        ,,0,2020-01-01T01:00:00Z,zoo,aquatic,1,0,carp
        ,,0,2020-01-03T01:00:00Z,zoo,aquatic,1,0,crab")
            |> naiveBayesClassifier.naiveBayes(myClass: "airborne", myField: "aquatic", myMeasurement: "zoo")
    """,
)
