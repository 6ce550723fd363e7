package billingtest

import (
	"strings"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/connect"
	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/internal/handwork"
	"seatbridge/store"
)

// SetUp sets Seatbridge up beside ten years of hand work, as a person does who knows where everybody belongs: connection, products,
// files of organizations and members, the companies of customers, mapping. Nothing is scanned or synced.
func SetUp(t testing.TB, rooms *billing.Billing, hand *handwork.World, c connect.Credentials) {
	t.Helper()
	s := setter{t, rooms, hand}
	_, err := rooms.Connection.Connect(t.Context(), Admin(), c)
	s.must(err)
	s.must(rooms.Mapping.ConfirmMapping(t.Context(), Admin(), map[store.Plan]int{
		store.Business: hand.Business.ID, store.Enterprise: hand.Enterprise.ID,
	}, false))
	s.file(sheet.Organizations, hand.OrganizationsCSV())
	s.file(sheet.Members, hand.MembersCSV())
	s.importCustomers()
	s.mapAll()
	rooms.Work.Wait() // what all of it began in the background
}

// setter sets up.
type setter struct {
	t     testing.TB
	rooms *billing.Billing
	hand  *handwork.World
}

func (s setter) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// file imports a file, which has to be good as a whole.
func (s setter) file(kind sheet.Kind, text string) {
	s.t.Helper()
	ctx, files := s.t.Context(), s.rooms.Files
	saved, err := files.Upload(ctx, Admin(), kind, "file.csv", strings.NewReader(text))
	s.must(err)
	in, err := files.Find(ctx, saved.ID)
	s.must(err)
	in.Choices.CreateAll = true
	s.must(files.Check(ctx, in.ID, in.Choices))
	files.Wait(ctx, in.ID)
	s.must(files.Write(ctx, Admin(), in.ID, false))
	files.Wait(ctx, in.ID)
	in, err = files.Find(ctx, saved.ID)
	s.must(err)
	if in.Findings.Bad > 0 || in.Findings.LeftOut > 0 {
		s.t.Fatalf("the file is not taken whole: %+v", in.Findings.Problems)
	}
}

// importCustomers imports the companies of customers that are active, and no others.
func (s setter) importCustomers() {
	s.t.Helper()
	s.must(s.rooms.Mapping.StartCompanyImport(s.t.Context(), problem.System(), []int{1, 2}, []int{1}))
	s.rooms.Work.Wait()
	if p := s.rooms.Mapping.CompanyImportProgress(); !p.Problem.Zero() {
		s.t.Fatal(p.Problem)
	}
}

func (s setter) mapAll() {
	s.t.Helper()
	rows, _, err := s.rooms.Store.Organizations(s.t.Context(), store.OrganizationFilter{})
	s.must(err)
	ids := map[string]int64{}
	for _, o := range rows {
		ids[o.Name] = o.ID
	}
	var pairs []mapping.Pair
	for _, m := range s.hand.Mappings {
		pairs = append(pairs, mapping.Pair{OrganizationID: ids[m.Organization], CompanyID: m.CompanyID, AgreementID: m.AgreementID})
	}
	problems, err := s.rooms.Mapping.MapPairs(s.t.Context(), Admin(), pairs)
	s.must(err)
	if len(problems) > 0 {
		s.t.Fatalf("%d of %d cannot be mapped, first: %+v", len(problems), len(pairs), problems[0])
	}
}
