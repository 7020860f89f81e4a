package mapping

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

const plainMapping = `kind: Mapping
delimiter: ";"
refuse:
  - {reason: test, when: 'row.who.startsWith("test")'}
  - {reason: empty, when: 'row["n"] == "0"'}
event:
  event_id: {column: id}
  event_name: {const: purchase}
  ts: {cel: 'time(row["at"], "02.01.2006 15:04", "Europe/Berlin")'}
  user_id: {column: who}
  user.payer: {const: true}
  market: {const: DE}
  payload.amount: {cel: 'number(row["n"]) * 2.0'}
  payload.big: {cel: 'integer(row["n"]) > 10'}
  payload.rate: {const: 0.25}
`

func parsed(t testing.TB, source string) *Mapping {
	t.Helper()
	m, err := Parse("m.yaml", []byte(source))
	require.NoError(t, err)
	return m
}

func TestEachRowIsAnEventWithoutGroup(t *testing.T) {
	t.Parallel()
	all := rowsOf(t, parsed(t, plainMapping), "\ufeffid;who;at;n\r\n"+
		"a;u1;25.10.2025 20:00;12.00\r\n"+
		"b;test1;x;0\r\n"+
		"c;u2;26.10.2025 20:00;1,5\r\n"+
		"d;u3;25.10.2025 20:00\r\n"+
		"\"e\r\nf\";u3;25.10.2025 20:00;3\r\n"+
		"g;u4;30.03.2025 02:30;3\r\n"+
		"h;\xff;25.10.2025 20:00;3")
	require.Len(t, all, 7)
	first := all[0].Event
	require.Equal(t, time.Date(2025, 10, 25, 18, 0, 0, 0, time.UTC), first.EventTs.AsTime(), "Berlin's summer time")
	require.Equal(t, map[string]any{"amount": 24.0, "big": true, "rate": 0.25}, first.Payload.AsMap())
	require.True(t, first.User.GetPayer())
	require.Equal(t, "DE", first.Market)
	require.Equal(t, map[string]int64{"test + empty": 1}, all[1].Refused)
	for i, says := range map[int]string{
		2: `n line 4: payload.amount: number: "1,5" is not a decimal number`, 3: "line 5: has 3 fields instead of 4",
		5: "line 8: ts: time: \"30.03.2025 02:30\" did not happen in Europe/Berlin",
		6: "who line 9: user_id: column who must be valid UTF-8",
	} {
		require.Nil(t, all[i].Event)
		require.NotNil(t, all[i].Problem, i)
		require.Contains(t, all[i].Problem.Error(), says)
	}
	require.Equal(t, int64(6), all[4].First)
	require.Equal(t, "e\nf", all[4].Event.EventId, "the server refuses it, the reader only reads")
	tally := tallied(t, all)
	require.Equal(t, RowCounts{Accepted: 2, Rejected: 3, Refused: 1, Unreadable: 1}, tally.RowsOf)
	require.Len(t, tally.Rejections, 4)
}

const groupMapping = `kind: Mapping
refuse: [{reason: cancelled, when: 'row["n"] == "0"'}]
note: [{reason: negative, when: 'number(row["n"]) < 0.0'}]
group_by: row["id"]
event:
  event_id: {column: id}
  name: {const: purchase}
  event_ts: {time: {column: at, layout: "2006-01-02", tz: UTC}}
  user.id: {column: who}
  payload.amount: {sum: [n, price]}
  payload.rows: {count: rows}
`

func TestGroups(t *testing.T) {
	t.Parallel()
	all := rowsOf(t, parsed(t, groupMapping), `id,who,at,n,price
1,u1,2020-01-01,1,0.10
1,u1,2020-01-01,0,5
1,u1,2020-01-01,2,0.10
2,u2,2020-01-01,0,1
3,u3,2020-01-01,1,1.005
3,u4,2020-01-02,-1,0.005
4,u5,2020-01-01,1,1
4,u5,2020-01-01,1,one
4,u5,2020-01-01,1,1
5,u6,2020-01-01,1,1
6,u7,2020-01-01
7,u8,2020-01-01,1,1
8,u9,2020-01-01,1,1
`)
	ids := make([]string, len(all))
	for i, unit := range all {
		ids[i] = fmt.Sprintf("%s/%d/%v", unit.EventID, unit.Taken, unit.Problem == nil)
	}
	require.Equal(t, []string{"1/2/true", "/0/true", "3/2/true", "4/3/false", "5/1/false", "/0/false", "7/1/false", "8/1/true"}, ids)
	require.InDelta(t, 0.3, all[0].Event.Payload.Fields["amount"].GetNumberValue(), 0, "0.1 + 0.2 without floating point")
	require.InDelta(t, 2, all[0].Event.Payload.Fields["rows"].GetNumberValue(), 0)
	require.Equal(t, map[string]int64{"cancelled": 1}, all[0].Refused)
	require.Equal(t, []string{"event_ts", "user.id"}, all[2].Varying)
	require.Equal(t, "u3", all[2].Event.User.Id)
	require.Equal(t, map[string]int64{"negative": 1}, all[2].NotedTaken)
	require.Equal(t, "n, price", all[3].Problem.Field)
	require.Contains(t, all[3].Problem.Message, "line 9: payload.amount: column price")
	require.Contains(t, all[4].Problem.Message, "line 12 can't be read and may belong to it")
	require.Contains(t, all[6].Problem.Message, "line 12 can't be read and may belong to it")
	tally := tallied(t, all)
	require.Equal(t, RowCounts{Accepted: 5, Rejected: 5, Refused: 2, Unreadable: 1}, tally.RowsOf)
	require.Contains(t, tally.Text(Told{}), "2 cancelled\n")
}

func TestBrokenQuoteEndsTheReading(t *testing.T) {
	t.Parallel()
	rows, err := parsed(t, groupMapping).OpenRows(strings.NewReader("id,who,at,n,price\n1,u1,2020-01-01,1,1\n2,\"u1,2020-01-01,1,1\n"),
		Position{})
	require.NoError(t, err)
	_, err = rows.Next()
	require.ErrorContains(t, err, "line 3")
}

func TestHeaderMustHaveTheColumns(t *testing.T) {
	t.Parallel()
	for header, says := range map[string]string{
		"":                      "column names",
		"id,who,at,n\n":         `m.yaml:10:29: event["payload.amount"].sum[1]: reads the column "price", but the file has id, who, at, n`,
		"id,who,at,n,price,n\n": `"n" twice`,
		"id;who;at;n;price\n":   `m.yaml:2:36: refuse[0].when: reads the column "n", but the file has id;who;at;n;price`,
	} {
		_, err := parsed(t, groupMapping).OpenRows(strings.NewReader(header), Position{})
		require.ErrorContains(t, err, says)
	}
}

func TestParseMappingRefuses(t *testing.T) {
	t.Parallel()
	whole := func(old, fresh string) string {
		changed := strings.Replace(groupMapping, old, fresh, 1)
		require.NotEqual(t, groupMapping, changed, old)
		return changed
	}
	for says, source := range map[string]string{
		"m.yaml: the document is empty":                                           "",
		"m.yaml:2: not valid YAML":                                                "a: [",
		"m.yaml:1:7: kind: must equal `Mapping`":                                  whole("Mapping", "Contest"),
		"m.yaml:4:1: colour: is not a field here; the fields are kind, delimiter": whole("group_by:", "colour:"),
		"m.yaml:2:1: refuze: is not a field here; did you mean refuse?":           whole("refuse:", "refuze:"),
		"m.yaml:11:3: event[\"event_id\"]: is written twice, first on line 6": whole("  payload.rows: {count: rows}",
			"  event_id: {column: id}"),
		`m.yaml:5:8: event: takes names with a value each, not "7"`: strings.Split(groupMapping, "event:")[0] +
			"event: 7\n",
		"m.yaml:1:1: event: is missing":                                                       strings.Split(groupMapping, "event:")[0],
		"event: must say where user.id comes from":                                            whole("user.id", "user.geo"),
		"m.yaml:2:36: refuse[0].when: must give true or false, but gives string":              whole(`row["n"] == "0"`, `row["n"]`),
		"m.yaml:2:37: refuse[0].when: is no valid expression: undeclared reference to 'rows'": whole(`row["n"] == "0"`, `rows["n"]`),
		"m.yaml:2:11: refuse[0].colour: is not a field here":                                  whole("reason:", "colour:"),
		"refuse[0].reason: is missing":                                                        whole(`reason: cancelled, `, ""),
		"m.yaml:2:19: refuse[0].reason: must not hold": whole(`reason: cancelled, `,
			`reason: a + b, `),
		"m.yaml:4:11: group_by: must give text, but gives int":                                whole(`row["id"]`, `size(row["id"])`),
		"m.yaml:6:14: event[\"event_id\"].columns: is not a field here; did you mean column?": whole("column: id", "columns: id"),
		"m.yaml:6:3: event[\"event_id\"]: only one of const, column, cel, time, sum, count can be set": whole("{column: id}",
			"{column: id, const: x}"),
		"m.yaml:6:3: event[\"event_id\"]: one of const, column, cel, time, sum, count must be set": whole("{column: id}", "{}"),
		"m.yaml:7:17: event[\"name\"].const: takes one value, not a list":                          whole("{const: purchase}", "{const: [1]}"),
		"event[\"event_ts\"].time.tz: is missing":                                                  whole(`, tz: UTC`, ""),
		"m.yaml:8:59: event[\"event_ts\"].time.tz: \"Mars/Base\" is not a known time zone":         whole("UTC", "Mars/Base"),
		"event[\"event_ts\"].time.layout: must show how":                                           whole(`"2006-01-02"`, `"YYYY-MM-DD"`),
		"m.yaml:9:3: event[\"usr.id\"]: is no field to fill: usr is not a field": whole("user.id: {column: who}",
			"usr.id: {column: who}\n  user.id: {column: who}"),
		"m.yaml:10:25: event[\"payload.amount\"].sum: takes a list, such as [a, b]":          whole("[n, price]", "n"),
		"m.yaml:11:25: event[\"payload.rows\"].count: must equal `rows`":                     whole("count: rows", "count: lines"),
		"m.yaml:9:3: event[\"payload.amount\"]: adds rows up, so the mapping needs group_by": whole("group_by: row[\"id\"]\n", ""),
		"m.yaml:11:3: event[\"payload.amount.x\"]: is given already":                         whole("payload.rows", "payload.amount.x"),
		"delimiter: must be 1 characters": whole("kind: Mapping",
			"kind: Mapping\ndelimiter: ab"),
		"m.yaml:2:12: delimiter: must be one character other than": whole("kind: Mapping", "kind: Mapping\ndelimiter: '\"'"),
	} {
		_, err := Parse("m.yaml", []byte(source))
		require.ErrorContains(t, err, says, source)
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	source := "\ufeff" + `{"event_id":"a","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"}` + "\n" +
		"\r\n" +
		`{"event_id":"b","event_name":"login","event_ts":"2025-10-25T18:00Z","user":{"id":"u"}}` + "\r\n" +
		`{"event_id":"c","colour":1}` + "\n" +
		`{"events":[{"event_id":"d"}]}` + "\n" +
		`{"event_id":` + "\n" +
		strings.Repeat("x", maxJSONLine+10) + "\n" +
		`{"event_id":"e","name":"login"}`
	lines, err := OpenJSONLines(strings.NewReader(source), Position{})
	require.NoError(t, err)
	all := units(t, lines.Next)
	require.Len(t, all, 8)
	require.Equal(t, "a", all[0].Event.EventId, "the mark that some editors put before the first line is none of it")
	require.Equal(t, "b", all[2].Event.EventId)
	require.Equal(t, int64(3), all[2].First)
	require.Equal(t, "colour", all[3].Problem.Field)
	require.Equal(t, "events", all[4].Problem.Field)
	require.Equal(t, "e", all[7].EventID)
	require.Equal(t, int64(len(source)), all[7].End.Offset)
	require.Equal(t, RowCounts{Accepted: 3, Rejected: 3, Unreadable: 1, Blank: 1}, tallied(t, all).RowsOf)
	rest, err := OpenJSONLines(strings.NewReader(source), all[2].End)
	require.NoError(t, err)
	unit, err := rest.Next()
	require.NoError(t, err)
	require.Equal(t, "c", unit.EventID)
	require.Equal(t, int64(4), unit.First)
}

// TestEveryRowIsAccountedFor reads random files whole and in two parts: each row is counted once, and the parts give what the whole gives.
func TestEveryRowIsAccountedFor(t *testing.T) {
	t.Parallel()
	m := parsed(t, groupMapping)
	rapid.Check(t, func(t *rapid.T) {
		source := "id,who,at,n,price\n"
		count := rapid.IntRange(0, 30).Draw(t, "rows")
		for range count {
			row := rapid.SampledFrom([]string{"1,2", ",2020-01-01,", "\"a\nb\",u"}).Draw(t, "row")
			id := rapid.SampledFrom([]string{"1", "1", "2", "\"x\ny\""}).Draw(t, "id")
			if rapid.IntRange(0, 2).Draw(t, "broken") > 0 {
				number := rapid.SampledFrom([]string{"0", "1", "-1", "2.50", "x"}).Draw(t, "n")
				row = id + ",u1,2020-01-0" + rapid.SampledFrom([]string{"1", "2", ""}).Draw(t, "day") + "," + number + ",0.07"
			}
			source += row + "\n"
		}
		file := strings.NewReader(source)
		rows, err := m.OpenRows(file, Position{})
		require.NoError(t, err)
		whole, parts := Tally{}, Tally{}
		stop := rapid.IntRange(0, 10).Draw(t, "stop")
		var ends []Position
		for {
			unit, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			whole.Add(unit, laurelv1.EventStatus_EVENT_STATUS_DUPLICATE, "", "")
			if len(ends) < stop {
				parts.Add(unit, laurelv1.EventStatus_EVENT_STATUS_DUPLICATE, "", "")
			}
			ends = append(ends, unit.End)
		}
		if stop = min(stop, len(ends)); stop > 0 {
			rest, err := m.OpenRows(file, ends[stop-1])
			require.NoError(t, err)
			for {
				unit, err := rest.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				parts.Add(unit, laurelv1.EventStatus_EVENT_STATUS_DUPLICATE, "", "")
			}
			require.Equal(t, whole, parts)
		}
		require.NoError(t, whole.Balance())
		require.Equal(t, int64(count), whole.Rows)
		if len(ends) > 0 {
			require.Equal(t, int64(len(source)), ends[len(ends)-1].Offset)
			require.Equal(t, int64(strings.Count(source, "\n"))+1, ends[len(ends)-1].Line)
		}
	})
}

// TestEveryProblemIsTold has several things wrong at once, and constants of every shape beside them.
func TestEveryProblemIsTold(t *testing.T) {
	t.Parallel()
	_, err := Parse("m.yaml", []byte(strings.NewReplacer(`"n"] == "0"`, `"n"]`, "tz: UTC", "tz: Mars/Base", "[n, price]", `[n, price]}
  usr.id: {const: 1`).Replace(groupMapping)))
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 3, err)
	for i, says := range []string{"m.yaml:2:36: refuse[0].when: must give", `m.yaml:8:59: event["event_ts"].time.tz: "Mars/Base" is not`,
		`m.yaml:11:3: event["usr.id"]: is no field to fill`} {
		require.Contains(t, lines[i], says)
	}
	constants := parsed(t, strings.Replace(groupMapping, "  payload.rows: {count: rows}", `  payload.text: {const: "12"}
  payload.number: {const: -12.50}
  payload.many: {const: 1000000}
  payload.yes: {const: true}
  payload.long: {const: 12345678901234567890}`, 1))
	payload := rowsOf(t, constants, "id,who,at,n,price\n1,u,2020-01-01,1,1\n")[0].Event.Payload.AsMap()
	delete(payload, "amount")
	require.Equal(t, map[string]any{"text": "12", "number": -12.5, "many": 1e6, "yes": true, "long": "12345678901234567890"}, payload)
}

// TestAllThatIsMisspeltIsTold has a field of the mapping and fields of the event that are not known, and an expression that is none.
func TestAllThatIsMisspeltIsTold(t *testing.T) {
	t.Parallel()
	_, err := Parse("m.yaml", []byte(`kind: Mapping
grup_by: row["n"]
refuse:
  - {reason: x, when: 'rwo["n"] == ""'}
event:
  event_id: {column: n}
  name: {const: purchase}
  event_ts: {colum: at}
  usr.id: {column: u}
  payload.amount: {sum: [a]}
  bet.amont_minor: {column: b}
`))
	require.Error(t, err)
	var places []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		place, _, _ := strings.Cut(line, ": ")
		places = append(places, place)
		require.NotContains(t, line, "must say where")
		require.NotContains(t, line, "needs group_by")
	}
	require.Len(t, places, 5, err.Error())
	for i, line := range []string{"2", "4", "8", "9", "11"} {
		require.True(t, strings.HasPrefix(places[i], "m.yaml:"+line+":"), err.Error())
	}
}
