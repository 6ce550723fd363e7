package store

import (
	"fmt"
	"testing"
	"time"
)

// newOrganizations adds Business organizations "Org 001" and on, managed and on a standard license.
func newOrganizations(t testing.TB, s *Store, n int) []Organization {
	t.Helper()
	var all []Organization
	for i := range n {
		all = append(all, Organization{Name: fmt.Sprintf("Org %03d", i+1), Plan: Business, License: Standard, Managed: true, CreatedAt: t0})
	}
	return must[[]Organization](t)(s.CreateOrganizations(t.Context(), all))
}

func TestCreateOrganization(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	in := Organization{Name: "Émile & Söhne", Plan: Enterprise, License: Trial, Managed: true, ExternalID: "x-1", CreatedAt: t0, TrialEndsAt: t0.AddDate(0, 0, 14)}
	o := must[Organization](t)(s.CreateOrganization(t.Context(), in))
	in.ID, in.EnteredAt = o.ID, t0
	same(t, o, in)
	same(t, must[Organization](t)(s.Organization(t.Context(), o.ID)), in)
	same(t, must[Life](t)(s.Life(t.Context(), o.ID)).Terms, []Term{{t0, Enterprise, Trial}})

	create := func(o Organization) error {
		o.Plan, o.CreatedAt = Business, t0
		_, err := s.CreateOrganization(t.Context(), o)
		return err
	}
	wantConflict(t, create(Organization{Name: "EMILE  & sohne", License: Standard}), "name")
	wantConflict(t, create(Organization{Name: "Other", License: Standard, ExternalID: "x-1"}), "external_id")
	check(t, create(Organization{Name: "Ours", License: NFR}))
	wantConflict(t, create(Organization{Name: "Ours, too", License: NFR}), "license")
	for name, bad := range map[string]Organization{
		"a trial without end":         {Name: "T", License: Trial},
		"an end without trial":        {Name: "T", License: Standard, TrialEndsAt: t0},
		"a name that shows nothing":   {Name: " \u200b", License: Standard},
		"a license that is not known": {Name: "T", License: "free"},
	} {
		if create(bad) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	_, err := s.Organization(t.Context(), 99)
	wantErr(t, err, ErrNotFound)
}

func TestCreateOrganizationsAllOrNone(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := Organization{Name: "A", Plan: Business, License: Standard, CreatedAt: t0}
	_, err := s.CreateOrganizations(t.Context(), []Organization{o, o})
	wantConflict(t, err, "name")
	_, total, err := s.Organizations(t.Context(), OrganizationFilter{Status: OrganizationAny})
	check(t, err)
	same(t, total, 0)
}

func TestUpdateOrganizationKeepsTerms(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 2)[0]
	update := func(at time.Time, change func(*Organization)) error {
		change(&o)
		return s.UpdateOrganization(t.Context(), o, at)
	}
	hour := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Hour) }

	check(t, update(hour(1), func(o *Organization) { o.Name, o.Managed, o.ExternalID = "New", false, "x" }))
	same(t, must[Life](t)(s.Life(t.Context(), o.ID)).Terms, []Term{{t0, Business, Standard}})
	check(t, update(hour(2), func(o *Organization) { o.Plan = Enterprise }))
	check(t, update(hour(3), func(o *Organization) { o.Plan = Business }))
	check(t, update(hour(3), func(o *Organization) { o.License = NFR })) // the same second
	check(t, update(hour(1), func(o *Organization) { o.License = Standard }))
	same(t, must[Life](t)(s.Life(t.Context(), o.ID)).Terms, []Term{{t0, Business, Standard}, {hour(2), Enterprise, Standard}, {hour(3), Business, Standard}})
	same(t, must[Organization](t)(s.Organization(t.Context(), o.ID)), o)

	wantConflict(t, update(hour(4), func(o *Organization) { o.Name = "org 002" }), "name")
	if update(hour(4), func(o *Organization) { o.Name, o.License = "New", Trial }) == nil {
		t.Error("a trial was begun late")
	}
	check(t, s.DeleteOrganization(t.Context(), o.ID, hour(5)))
	wantErr(t, update(hour(6), func(o *Organization) { o.License = Standard }), ErrNotFound)
}

func TestUpdateOrganizationKeepsSinceWhenItIsManaged(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := must[[]Organization](t)(s.CreateOrganizations(t.Context(), []Organization{
		{Name: "ours", Plan: Business, License: Standard, Managed: true, CreatedAt: t0}, {Name: "theirs", Plan: Business, License: Standard, CreatedAt: t0},
	}))
	o := orgs[0]
	hour := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Hour) }
	managed := func(managed bool, at time.Time, want ...Management) {
		t.Helper()
		o.Managed = managed
		check(t, s.UpdateOrganization(t.Context(), o, at))
		got := ledgers(t, s, t0, hour(1), nil)
		same(t, got["ours"].Management, append([]Management{{t0, true}}, want...))
		same(t, got["theirs"].Management, []Management{{t0, false}})
		same(t, len(got["ours"].Terms), 1)
	}
	managed(true, hour(1))
	managed(false, hour(2), Management{hour(2), false})
	managed(false, hour(3), Management{hour(2), false})
	managed(true, hour(4), Management{hour(2), false}, Management{hour(4), true})
	managed(false, hour(1), Management{hour(2), false}, Management{hour(4), false}) // by a clock that was set back: the last one is in force
	_, before, err := s.LedgerChanges(t.Context(), 0)
	check(t, err)
	managed(true, hour(5), Management{hour(2), false}, Management{hour(4), false}, Management{hour(5), true})
	ids, _, err := s.LedgerChanges(t.Context(), before)
	check(t, err)
	same(t, ids, []int64{o.ID})
}

func TestRewriteLife(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 1)[0]
	hour := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Hour) }
	_, before, err := s.LedgerChanges(t.Context(), 0)
	check(t, err)

	life := Life{
		Terms:      []Term{{hour(-9), Enterprise, Trial}, {hour(-2), Business, NFR}},
		Management: []Management{{hour(-9), true}, {hour(-3), false}},
	}
	o.StartSaid, o.TrialEndsAt, o.EndSaid = true, hour(-5), true
	check(t, s.RewriteLife(t.Context(), o, life))
	same(t, must[Life](t)(s.Life(t.Context(), o.ID)), life)
	o.CreatedAt, o.Plan, o.License, o.Managed = hour(-9), Business, NFR, false
	same(t, must[Organization](t)(s.Organization(t.Context(), o.ID)), o) // entered when it was
	ids, _, err := s.LedgerChanges(t.Context(), before)
	check(t, err)
	same(t, ids, []int64{o.ID})

	check(t, s.DeleteOrganization(t.Context(), o.ID, hour(1)))
	life = Life{Terms: []Term{{hour(-1), Business, Standard}}, Management: []Management{{hour(-1), true}}}
	o.TrialEndsAt = time.Time{}
	check(t, s.RewriteLife(t.Context(), o, life))
	same(t, must[Life](t)(s.Life(t.Context(), o.ID)), life)

	for name, bad := range map[string]Life{
		"no term":             {Management: life.Management},
		"no management":       {Terms: life.Terms},
		"a trial without end": {Terms: []Term{{t0, Business, Trial}}, Management: life.Management},
	} {
		if s.RewriteLife(t.Context(), o, bad) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	o.ID = 99
	wantErr(t, s.RewriteLife(t.Context(), o, life), ErrNotFound)
	must[Organization](t)(s.CreateOrganization(t.Context(), Organization{Name: "NFR", Plan: Business, License: NFR, CreatedAt: t0}))
	other := must[Organization](t)(s.CreateOrganization(t.Context(), Organization{Name: "Other", Plan: Business, License: Standard, CreatedAt: t0}))
	wantConflict(t, s.RewriteLife(t.Context(), other, Life{Terms: []Term{{t0, Business, NFR}}, Management: life.Management}), "license")
}

func TestOrganizationLife(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := must[Organization](t)(s.CreateOrganization(t.Context(), Organization{Name: "A", ExternalID: "x", Plan: Business, License: NFR, Managed: true, CreatedAt: t0}))
	status := func(want OrganizationStatus) Organization {
		t.Helper()
		got := must[Organization](t)(s.Organization(t.Context(), o.ID))
		same(t, got.Status(), want)
		return got
	}
	status(OrganizationActive)
	check(t, s.SuspendOrganization(t.Context(), o.ID, t0.Add(time.Hour)))
	check(t, s.SuspendOrganization(t.Context(), o.ID, t0.Add(2*time.Hour)))
	same(t, status(OrganizationSuspended).SuspendedAt, t0.Add(time.Hour))
	check(t, s.SuspendOrganization(t.Context(), o.ID, time.Time{}))
	status(OrganizationActive)

	_, _, err := s.AddSeats(t.Context(), o.ID, []string{"a@example.com"}, time.Time{}, t0.Add(4*time.Hour))
	check(t, err)
	_, _, err = s.AddSeats(t.Context(), o.ID, []string{"pending@example.com"}, t0, time.Time{})
	check(t, err)
	check(t, s.DeleteOrganization(t.Context(), o.ID, t0.Add(3*time.Hour)))
	status(OrganizationDeleted)
	seats, _, err := s.Seats(t.Context(), SeatFilter{OrganizationID: o.ID, Status: SeatDeleted})
	check(t, err)
	same(t, []time.Time{seats[0].DeletedAt, seats[1].DeletedAt}, []time.Time{t0.Add(4 * time.Hour), t0.Add(3 * time.Hour)}) // never before it joined

	for _, err := range []error{
		s.DeleteOrganization(t.Context(), o.ID, t0), s.SuspendOrganization(t.Context(), o.ID, t0),
		s.SuspendOrganization(t.Context(), o.ID, time.Time{}), s.SuspendOrganization(t.Context(), 99, t0),
	} {
		wantErr(t, err, ErrNotFound)
	}
	_, _, err = s.AddSeats(t.Context(), o.ID, []string{"b@example.com"}, time.Time{}, t0)
	wantErr(t, err, ErrNotFound)
	// Name, external id and the only NFR license are free again.
	must[Organization](t)(s.CreateOrganization(t.Context(), Organization{Name: "A", ExternalID: "x", Plan: Business, License: NFR, CreatedAt: t0}))
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	created := must[[]Organization](t)(s.CreateOrganizations(t.Context(), []Organization{
		{Name: "delta 100%", Plan: Business, License: Standard, Managed: true, CreatedAt: t0},
		{Name: "Álpha", Plan: Enterprise, License: Trial, Managed: true, CreatedAt: t0.Add(time.Hour), TrialEndsAt: t0.AddDate(0, 0, 14), ExternalID: "EXT-9"},
		{Name: "Charlie_Co", Plan: Business, License: NFR, Managed: false, CreatedAt: t0.Add(2 * time.Hour)},
		{Name: "bravo", Plan: Business, License: Standard, Managed: true, CreatedAt: t0.Add(3 * time.Hour), SuspendedAt: t0.Add(4 * time.Hour)},
		{Name: "gone", Plan: Business, License: Standard, Managed: true, CreatedAt: t0, DeletedAt: t0.Add(4 * time.Hour)},
	}))
	delta, alpha := created[0], created[1]
	importCompaniesOf(t, s, 1)
	check(t, s.SaveMapping(t.Context(), Mapping{OrganizationID: delta.ID, CompanyID: 1, AgreementID: 101, CreatedAt: t0, CreatedBy: "me"}))
	_, _, err := s.AddSeats(t.Context(), delta.ID, []string{"a", "b"}, time.Time{}, t0)
	check(t, err)
	_, _, err = s.AddSeats(t.Context(), delta.ID, []string{"pending"}, t0, time.Time{})
	check(t, err)
	yes, no := true, false

	for _, tc := range []struct {
		name  string
		f     OrganizationFilter
		want  []string
		total int
	}{
		{"by name, without the deleted", OrganizationFilter{}, []string{"Álpha", "bravo", "Charlie_Co", "delta 100%"}, 4},
		{"descending", OrganizationFilter{Desc: true}, []string{"delta 100%", "Charlie_Co", "bravo", "Álpha"}, 4},
		{"a page", OrganizationFilter{Limit: 2, Offset: 1}, []string{"bravo", "Charlie_Co"}, 4},
		{"past the end", OrganizationFilter{Limit: 2, Offset: 10}, nil, 4},
		{"search without case and accents", OrganizationFilter{Search: "ALP"}, []string{"Álpha"}, 1},
		{"search in the middle", OrganizationFilter{Search: "av"}, []string{"bravo"}, 1},
		{"search by external id", OrganizationFilter{Search: "EXT-"}, []string{"Álpha"}, 1},
		{"a percent sign is no wildcard", OrganizationFilter{Search: "%"}, []string{"delta 100%"}, 1},
		{"an underscore is no wildcard", OrganizationFilter{Search: "e_c"}, []string{"Charlie_Co"}, 1},
		{"a backslash is no escape", OrganizationFilter{Search: `\`}, nil, 0},
		{"a very long search", OrganizationFilter{Search: string(make([]rune, 100_000)) + "alpha"}, []string{"Álpha"}, 1},
		{"plan", OrganizationFilter{Plan: Enterprise}, []string{"Álpha"}, 1},
		{"license", OrganizationFilter{License: NFR}, []string{"Charlie_Co"}, 1},
		{"active", OrganizationFilter{Status: OrganizationActive}, []string{"Álpha", "Charlie_Co", "delta 100%"}, 3},
		{"suspended", OrganizationFilter{Status: OrganizationSuspended}, []string{"bravo"}, 1},
		{"deleted", OrganizationFilter{Status: OrganizationDeleted}, []string{"gone"}, 1},
		{"all", OrganizationFilter{Status: OrganizationAny, Sort: "status"}, []string{"Álpha", "Charlie_Co", "delta 100%", "bravo", "gone"}, 5},
		{"mapped", OrganizationFilter{Mapping: Mapped}, []string{"delta 100%"}, 1},
		{"unmapped", OrganizationFilter{Mapping: Unmapped, Managed: &yes}, []string{"Álpha", "bravo"}, 2},
		{"not managed", OrganizationFilter{Managed: &no}, []string{"Charlie_Co"}, 1},
		{"ids", OrganizationFilter{IDs: []int64{delta.ID, alpha.ID, 99}}, []string{"Álpha", "delta 100%"}, 2},
		{"no ids", OrganizationFilter{IDs: []int64{}}, nil, 0},
		{"by plan", OrganizationFilter{Sort: "plan", Desc: true, Limit: 2}, []string{"Álpha", "delta 100%"}, 4},
		{"by license", OrganizationFilter{Sort: "license"}, []string{"Charlie_Co", "bravo", "delta 100%", "Álpha"}, 4},
		{"by creation", OrganizationFilter{Sort: "created"}, []string{"delta 100%", "Álpha", "Charlie_Co", "bravo"}, 4},
		{"everything at once", OrganizationFilter{Search: "d", Plan: Business, License: Standard, Status: OrganizationActive, Mapping: Mapped, Managed: &yes, IDs: []int64{delta.ID}, Limit: 1}, []string{"delta 100%"}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page, total, err := s.Organizations(t.Context(), tc.f)
			check(t, err)
			var names []string
			for _, o := range page {
				names = append(names, o.Name)
			}
			same(t, names, tc.want)
			same(t, total, tc.total)
		})
	}

	delta.MembersSince = t0 // its members joined since
	page, _, err := s.Organizations(t.Context(), OrganizationFilter{IDs: []int64{delta.ID, alpha.ID}})
	check(t, err)
	same(t, page, []OrganizationRow{
		{Organization: alpha},
		{Organization: delta, CompanyID: 1, Company: "Company 1", AgreementID: 101, Agreement: "Agreement 101", Members: 2},
	})
	if page[0].Mapped() || !page[1].Mapped() {
		t.Error("Mapped is wrong")
	}
}

func TestSearchOrganizations(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	var all []Organization
	for _, name := range []string{"A New Acme", "Acme Two", "Acme One", "Pacme"} {
		all = append(all, Organization{Name: name, Plan: Business, License: Standard, Managed: true, CreatedAt: t0})
	}
	all = append(all,
		Organization{Name: "Acme unmanaged", Plan: Business, License: Standard, CreatedAt: t0},
		Organization{Name: "Acme deleted", Plan: Business, License: Standard, Managed: true, CreatedAt: t0, DeletedAt: t0})
	must[[]Organization](t)(s.CreateOrganizations(t.Context(), all))
	for search, want := range map[string][]string{
		"ácme": {"Acme One", "Acme Two", "A New Acme"},
		"":     {"A New Acme", "Acme One", "Acme Two"},
		"pa":   {"Pacme"},
		"xyz":  nil,
	} {
		var names []string
		for _, o := range must[[]OrganizationRow](t)(s.SearchOrganizations(t.Context(), search, 3)) {
			names = append(names, o.Name)
		}
		same(t, names, want)
	}
}

func TestCountsForAttention(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	trialEnd := t0.AddDate(0, 0, 14)
	created := must[[]Organization](t)(s.CreateOrganizations(t.Context(), []Organization{
		{Name: "billable", Plan: Business, License: Standard, Managed: true, CreatedAt: t0},
		{Name: "mapped", Plan: Business, License: Standard, Managed: true, CreatedAt: t0},
		{Name: "unmanaged", Plan: Business, License: Standard, CreatedAt: t0},
		{Name: "free", Plan: Business, License: NFR, Managed: true, CreatedAt: t0},
		{Name: "trial", Plan: Business, License: Trial, Managed: true, CreatedAt: t0, TrialEndsAt: trialEnd},
		{Name: "empty", Plan: Business, License: Standard, Managed: true, CreatedAt: t0},
	}))
	for _, o := range created[:5] {
		_, _, err := s.AddSeats(t.Context(), o.ID, []string{"a"}, time.Time{}, t0)
		check(t, err)
	}
	_, _, err := s.AddSeats(t.Context(), created[5].ID, []string{"pending"}, t0, time.Time{})
	check(t, err)
	importCompaniesOf(t, s, 1)
	mapTo(t, s, created[1].ID, 1, 101)

	same(t, must[int](t)(s.CountUnmappedBillable(t.Context(), trialEnd.Add(-time.Second))), 1)
	same(t, must[int](t)(s.CountUnmappedBillable(t.Context(), trialEnd)), 2) // the trial is over
	same(t, must[int](t)(s.CountTrialsEnding(t.Context(), t0, trialEnd)), 1)
	same(t, must[int](t)(s.CountTrialsEnding(t.Context(), trialEnd, trialEnd.AddDate(0, 1, 0))), 0)
}
