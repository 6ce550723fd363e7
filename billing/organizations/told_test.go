package organizations

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/billing/problem"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// told is how an organization that began in the world of these tests reads after a list told something of it, or what is refused.
func tell(t *testing.T, known HistoryText, list Told) string {
	t.Helper()
	now := moment.At("2026-03-10 12:00")
	o := store.Organization{ID: 1, Name: "Acme", CreatedAt: now, EnteredAt: now}
	h := history(t, known)
	lived, err := live(o, h, now)
	if err != nil {
		t.Fatal(err)
	}
	return tellAndRead(t, lived, list)
}

func tellAndRead(t *testing.T, lived lived, list Told) string {
	t.Helper()
	now := moment.At("2026-03-10 12:00")
	var problems problem.Fields
	r, err := Reconsider(lived.organization, lived.life, now, func(h *History) { problems = list.Tell(lived.organization, now, h) })
	var invalid *problem.Invalid
	if errors.As(err, &invalid) && len(problems) == 0 {
		problems = invalid.Fields
	} else if err != nil && len(problems) == 0 {
		t.Fatal(err)
	}
	if len(problems) > 0 {
		var parts []string
		for field, sentence := range problems {
			parts = append(parts, field+": "+sentence)
		}
		return strings.Join(parts, " ")
	}
	if again, err := Reconsider(r.After, r.life, now, func(h *History) { list.Tell(r.After, now, h) }); err != nil || len(again.Differences) > 0 {
		t.Errorf("told again it changes %q, %v", again.Text(), err)
	}
	text := startText(r.After) + "; " + statesText(r.life)
	if !r.After.TrialEndsAt.IsZero() {
		text += "; trial ends " + Written(r.After.TrialEndsAt)
	}
	return text
}

func TestToldByAList(t *testing.T) {
	t.Parallel()
	at := moment.At
	standardOnly := HistoryText{States: []StateText{{Plan: b, License: standard, Managed: Yes}}}
	said := HistoryText{Start: "2025-11-02", States: standardOnly.States}
	changed := HistoryText{Start: "2025-11-02", States: append(standardOnly.States[:1:1], StateText{Since: "2026-02-01", Plan: e})}
	onTrial := HistoryText{Start: "2026-03-01", States: []StateText{{Plan: b, License: trial, Managed: Yes}}}
	afterTrial := HistoryText{Start: "2026-01-01", States: onTrial.States}
	unmanaged := HistoryText{Start: "2025-11-02", States: append(standardOnly.States[:1:1], StateText{Since: "2026-02-01", Managed: No})}
	today := HistoryText{Start: "2025-11-02", States: append(standardOnly.States[:1:1], StateText{Since: "2026-03-10 10:00", Plan: e})}
	for name, tt := range map[string]struct {
		known HistoryText
		list  Told
		want  string
	}{
		"nothing":         {said, Told{}, "2025-11-02; NordPass Business, standard"},
		"a start":         {standardOnly, Told{Start: at("2025-11-02")}, "2025-11-02; NordPass Business, standard"},
		"another start":   {said, Told{Start: at("2025-12-01")}, "2025-12-01; NordPass Business, standard"},
		"a start to come": {said, Told{Start: at("2026-04-01")}, "start: It cannot begin in the future, on 2026-04-01."},
		"a trial that is over": {standardOnly, Told{TrialStart: at("2026-01-10")},
			"2026-01-10; NordPass Business, trial; trial ends 2026-01-24"},
		"the end of a trial that is over": {standardOnly, Told{TrialEnds: at("2026-01-24")},
			"not said (2026-01-10); NordPass Business, trial; trial ends 2026-01-24"},
		"a trial that lasts": {standardOnly, Told{Start: at("2026-03-05"), TrialEnds: at("2026-04-01")},
			"2026-03-05; NordPass Business, trial; trial ends 2026-04-01"},
		"a trial within a history": {changed, Told{TrialEnds: at("2026-02-10")}, "2025-11-02; NordPass Business, trial; " +
			"from 2026-02-01 NordPass Enterprise, trial; trial ends 2026-02-10"},
		"a trial that is over, Standard now": {standardOnly, Told{TrialStart: at("2026-01-10"), Undated: ToldState{License: standard}},
			"2026-01-10; NordPass Business, trial; from 2026-01-24 NordPass Business, standard; trial ends 2026-01-24"},
		"a trial, with a change after it": {standardOnly, Told{Start: at("2025-11-02"), TrialEnds: at("2025-11-16"), States: []ToldState{
			{License: trial}, {Since: at("2025-12-01"), Plan: e, License: trial},
		}}, "2025-11-02; NordPass Business, trial; from 2025-12-01 NordPass Enterprise, trial; trial ends 2025-11-16"},
		"the end of a known trial": {onTrial, Told{TrialEnds: at("2026-03-20")}, "2026-03-01; NordPass Business, trial; trial ends 2026-03-20"},
		"a trial that begins later": {standardOnly, Told{Start: at("2026-01-01"), TrialStart: at("2026-01-10")},
			"start: It began on 2026-01-01 and its trial on 2026-01-10, but a trial begins with the organization: correct one of the two."},
		"states": {standardOnly, Told{FirstIsStart: true, States: []ToldState{
			{Since: at("2026-02-01"), License: nfr}, {Since: at("2025-11-02"), Plan: e}, {Since: at("2026-01-05"), Plan: b},
		}}, "2025-11-02; NordPass Enterprise, standard; from 2026-01-05 NordPass Business, standard; from 2026-02-01 NordPass Business, nfr"},
		"states of the beginning": {standardOnly, Told{States: []ToldState{{Plan: e, License: nfr, Managed: No}}},
			"not said (2026-03-10 12:00); NordPass Enterprise, nfr, not MSP-managed"},
		"a state that is known": {changed, Told{States: []ToldState{{Since: at("2026-02-01"), Plan: e, Managed: Yes}}},
			"2025-11-02; NordPass Business, standard; from 2026-02-01 NordPass Enterprise, standard"},
		"a state before a known one": {changed, Told{States: []ToldState{{Since: at("2026-01-05"), License: nfr}}}, "2025-11-02; NordPass Business, " +
			"standard; from 2026-01-05 NordPass Business, nfr; from 2026-02-01 NordPass Enterprise, standard"},
		"a state before the start": {said, Told{States: []ToldState{{Since: at("2025-11-01"), Plan: e}}},
			"states[1].since: The organization began on 2025-11-02: this change comes after."},
		"managed since and until": {said, Told{ManagedFrom: at("2025-12-01"), ManagedUntil: at("2026-03-01")}, "2025-11-02; NordPass Business, " +
			"standard, not MSP-managed; from 2025-12-01 NordPass Business, standard; from 2026-03-01 NordPass Business, standard, not MSP-managed"},
		"managed until, with a later change": {changed, Told{ManagedUntil: at("2026-01-01")}, "2025-11-02; NordPass Business, standard; " +
			"from 2026-01-01 NordPass Business, standard, not MSP-managed; from 2026-02-01 NordPass Enterprise, standard, not MSP-managed"},
		"managed since, with a known end": {unmanaged, Told{ManagedFrom: at("2025-12-01")}, "2025-11-02; NordPass Business, standard, " +
			"not MSP-managed; from 2025-12-01 NordPass Business, standard; from 2026-02-01 NordPass Business, standard, not MSP-managed"},
		"managed since before it was known": {standardOnly, Told{ManagedFrom: at("2025-12-01"), FirstIsStart: true}, "2025-12-01; NordPass Business, standard"},
		"states before anybody knew it": {standardOnly, Told{States: []ToldState{{Since: at("2026-02-01"), License: nfr}}},
			"since: Nobody said when it began, so that it is supposed to be 2026-03-10 12:00: give its start, or say that the first day of " +
				"each organization is its start."},
		"managed before it began": {said, Told{ManagedFrom: at("2025-10-01")},
			"managed: It was MSP-managed from 2025-10-01, but it began on 2025-11-02: correct one of the two."},
		"managed until before it began": {said, Told{ManagedUntil: at("2025-11-02")},
			"managed: It was MSP-managed until 2025-11-02, but it began on 2025-11-02: correct one of the two."},
		"managed otherwise": {said, Told{ManagedFrom: at("2025-12-01"), ManagedUntil: at("2026-02-01"), States: []ToldState{{Since: at("2026-01-01"), Managed: No}}},
			"managed: It says “no” of a time for which the days of the management say “yes”: correct one of the two."},
		"what holds now": {changed, Told{Undated: ToldState{Plan: e, License: standard, Managed: Yes}},
			"2025-11-02; NordPass Business, standard; from 2026-02-01 NordPass Enterprise, standard"},
		"on Standard after the trial": {afterTrial, Told{Undated: ToldState{License: standard}}, "2026-01-01; NordPass Business, trial; trial ends 2026-01-15"},
		"otherwise, without a day": {said, Told{Undated: ToldState{Plan: e}}, "undated: Seatbridge knows it as NordPass Business, standard. " +
			"Say whether it was never otherwise or changed today, or give the day of the change in a column Since."},
		"never otherwise": {said, Told{Undated: ToldState{Plan: e}, Undecided: FromTheBeginning}, "2025-11-02; NordPass Enterprise, standard"},
		"never otherwise, but it was": {changed, Told{Undated: ToldState{Plan: b}, Undecided: FromTheBeginning},
			"undated: It changed before, so that this cannot hold from the beginning: give the day of the change in a column Since."},
		"otherwise since today": {said, Told{Undated: ToldState{License: nfr}, Undecided: FromToday},
			"2025-11-02; NordPass Business, standard; from 2026-03-10 NordPass Business, nfr"},
		"back since today, after a change of today": {today, Told{Undated: ToldState{Plan: b}, Undecided: FromToday},
			"2025-11-02; NordPass Business, standard; from 2026-03-10 NordPass Business, standard; from 2026-03-10 10:00 NordPass Business, standard"},
		"another license since today, after a change of today": {today, Told{Undated: ToldState{License: nfr}, Undecided: FromToday},
			"2025-11-02; NordPass Business, standard; from 2026-03-10 NordPass Business, nfr; from 2026-03-10 10:00 NordPass Enterprise, nfr"},
		"not managed since today, after a change of today": {today, Told{Undated: ToldState{Managed: No}, Undecided: FromToday},
			"2025-11-02; NordPass Business, standard; from 2026-03-10 NordPass Business, standard, not MSP-managed; " +
				"from 2026-03-10 10:00 NordPass Enterprise, standard, not MSP-managed"},
		"otherwise since today, after a beginning today": {HistoryText{Start: "2026-03-10 08:00", States: today.States},
			Told{Undated: ToldState{Plan: b, License: nfr}, Undecided: FromToday},
			"2026-03-10 08:00; NordPass Business, nfr; from 2026-03-10 10:00 NordPass Business, nfr"},
	} {
		if got := tell(t, tt.known, tt.list); got != tt.want {
			t.Errorf("%s: it is\n%s, want\n%s", name, got, tt.want)
		}
	}
}

// What is told of an organization that a list names first is its life.
func TestToldOfANewOrganization(t *testing.T) {
	t.Parallel()
	at := moment.At
	for name, tt := range map[string]struct {
		list Told
		want string
	}{
		"nothing": {Told{}, "not said (2026-03-10 12:00); NordPass Business, standard"},
		"what holds now": {Told{Start: at("2025-11-02"), Undated: ToldState{Plan: e, License: nfr, Managed: No}},
			"2025-11-02; NordPass Enterprise, nfr, not MSP-managed"},
		"a trial": {Told{Start: at("2026-03-01"), Undated: ToldState{License: trial}}, "2026-03-01; NordPass Business, trial; trial ends 2026-03-15"},
		"a trial, paid now": {Told{TrialStart: at("2026-01-01"), Undated: ToldState{Plan: e, License: standard}},
			"2026-01-01; NordPass Enterprise, trial; from 2026-01-15 NordPass Enterprise, standard; trial ends 2026-01-15"},
		"a trial that ends, paid now": {Told{Start: at("2026-03-01"), TrialEnds: at("2026-04-01"), Undated: ToldState{License: standard}},
			"license: Its trial ends on 2026-04-01, and the license type is standard: correct one of the two."},
		"a trial that was NFR": {Told{TrialStart: at("2026-01-01"), Undated: ToldState{License: nfr}},
			"license: Its trial ends on 2026-01-15, and the license type is nfr: correct one of the two."},
		"managed once": {Told{Start: at("2025-11-02"), ManagedUntil: at("2026-03-01"), Undated: ToldState{Plan: e, Managed: No}},
			"2025-11-02; NordPass Enterprise, standard; from 2026-03-01 NordPass Enterprise, standard, not MSP-managed"},
		"managed once, and now": {Told{Start: at("2025-11-02"), ManagedUntil: at("2026-03-01"), Undated: ToldState{Managed: Yes}},
			"managed: It says “yes”, and the days of the management say “no”: correct one of the two."},
		"states": {Told{FirstIsStart: true, States: []ToldState{{Since: at("2026-01-05"), Plan: e}, {Since: at("2025-11-02"), License: trial}}},
			"2025-11-02; NordPass Business, trial; from 2026-01-05 NordPass Enterprise, trial; trial ends 2025-11-16"},
	} {
		now := at("2026-03-10 12:00")
		o := store.Organization{Name: "New", CreatedAt: now, EnteredAt: now, Plan: b, License: standard, Managed: true}
		fresh := lived{o, store.Life{
			Terms: []store.Term{{Since: now, Plan: b, License: standard}}, Management: []store.Management{{Since: now, Managed: true}},
		}}
		if got := tellAndRead(t, fresh, tt.list); got != tt.want {
			t.Errorf("%s: it is\n%s, want\n%s", name, got, tt.want)
		}
	}
}
