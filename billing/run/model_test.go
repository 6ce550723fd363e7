package run_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

// TestRandomWorlds lets the plan and the run loose on random worlds: several organizations on an agreement,
// agreements that cannot be billed, lines that are there already, doubled, cancelled or edited by hand,
// seats and mappings that change, connections that drop. After a clean run every line is what the rule,
// written down here a second time, says, and no other line was touched. SEATBRIDGE_WORLDS is how many.
func TestRandomWorlds(t *testing.T) {
	t.Parallel()
	for seed := range soak.Count("SEATBRIDGE_WORLDS", 8, 200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			m := newModel(t, uint64(seed))
			for range 3 {
				m.change()
				m.disturb()
				before := m.snapshot()
				m.Sim.ClearFaults()
				m.syncUntilSettled()
				m.syncAndApprove()
				m.check(before)
			}
		})
	}
}

// model is a world with its own idea of what should be in it.
type model struct {
	*world
	*rand.Rand
	foreign       cwsim.CatalogItem
	agreements    []cwsim.Agreement
	unbillable    map[int]bool
	organizations []*modelOrganization
	ours          map[store.LineKey]int // the addition that carries a product, once it was the only one
}

type modelOrganization struct {
	store.Organization
	seats     int
	unspoken  bool // nobody said how many, not even that there are none
	agreement int  // 0: not mapped
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{world: newWorld(t), Rand: rand.New(rand.NewPCG(seed, 7)), unbillable: map[int]bool{}, ours: map[store.LineKey]int{}}
	m.foreign = m.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "OTHER", Description: "Something else"})
	for i := range 6 {
		a := m.Company(fmt.Sprintf("Company %d", i))
		m.agreements = append(m.agreements, a)
		for _, product := range []int{m.Business.ID, m.Enterprise.ID, m.foreign.ID} {
			for range max(0, m.IntN(5)-2) {
				m.addLine(a.ID, product)
			}
		}
	}
	m.ImportAll()
	for i := range 9 {
		plan := store.Plans()[m.IntN(2)]
		seats := m.IntN(7)
		o := &modelOrganization{Organization: m.Organization(fmt.Sprintf("Org %d", i), seats, plan), seats: seats, unspoken: seats == 0}
		if o.unspoken && m.IntN(2) == 0 {
			_, _, err := m.Organizations.StateNoMembers(t.Context(), billingtest.Admin(), o.ID)
			m.Must(err)
			o.unspoken = false
		}
		m.organizations = append(m.organizations, o)
		m.remap(o)
	}
	return m
}

func (m *model) addLine(agreement, product int) {
	a := m.Sim.AddAddition(cwsim.Addition{AgreementID: agreement, ProductID: product, Quantity: decimal.NewFromInt(int64(m.IntN(9)))})
	if m.IntN(3) == 0 { // at 0: one that billed something makes a new line wait for a person (TestCase_A1)
		m.Sim.SetQuantity(agreement, a.ID, "0", "someone")
		m.Sim.CancelAddition(agreement, a.ID, moment.At("2026-10-10"))
	}
}

func (m *model) remap(o *modelOrganization) {
	a := m.agreements[m.IntN(len(m.agreements))]
	if err := m.Mapping.Map(m.T.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID); err == nil {
		o.agreement = a.ID
	}
}

// change is what admins do in Seatbridge.
func (m *model) change() {
	for _, o := range m.organizations {
		switch m.IntN(6) {
		case 0:
			m.Join(o.Organization, 2)
			o.seats, o.unspoken = o.seats+2, false
		case 1: // the higher plan of the month wins, so only an upgrade changes the figure
			o.Plan = store.Enterprise
			m.Must(m.Store.UpdateOrganization(m.T.Context(), o.Organization, m.Time()))
		case 2:
			if o.agreement != 0 {
				m.Must(m.Mapping.Unmap(m.T.Context(), billingtest.Admin(), o.ID, false))
				o.agreement = 0
			}
		case 3:
			m.remap(o)
		}
	}
}

// disturb is what happens in ConnectWise, and syncs with a bad connection.
func (m *model) disturb() {
	for _, a := range m.agreements {
		for _, line := range m.Sim.Additions(a.ID) {
			if m.IntN(5) == 0 && line.Cancelled.IsZero() {
				m.Sim.SetQuantity(a.ID, line.ID, strconv.Itoa(m.IntN(30)), "someone")
			}
		}
		switch m.IntN(8) {
		case 0:
			m.addLine(a.ID, []int{m.Business.ID, m.Enterprise.ID, m.foreign.ID}[m.IntN(3)])
		case 1:
			m.Sim.CancelAgreement(a.ID, moment.At("2026-10-01"))
			m.unbillable[a.ID] = true
		}
	}
	for _, kind := range []cwsim.FaultKind{cwsim.DropBefore, cwsim.DropAfter, cwsim.Timeout500} {
		m.Sim.AddFault(cwsim.Fault{Kind: kind, Probability: 0.1})
	}
	m.syncAndApprove()
	m.noteOurs()
}

// syncAndApprove syncs, and approves whatever is held.
func (m *model) syncAndApprove() {
	if held := m.HeldIDs(m.Sync()); len(held) > 0 {
		m.Approve(held)
	}
}

// noteOurs remembers the lines that are bound by now: whatever was the only open one of its product on an
// agreement that a sync could write stays the one, even when another appears.
func (m *model) noteOurs() {
	lines, err := m.Store.Lines(m.T.Context())
	m.Must(err)
	for key, l := range lines {
		m.ours[key] = l.AdditionID
	}
}

// snapshot is every addition by its id.
func (m *model) snapshot() map[int]cwsim.Addition {
	all := map[int]cwsim.Addition{}
	for _, a := range m.agreements {
		for _, line := range m.Sim.Additions(a.ID) {
			all[line.ID] = line
		}
	}
	return all
}

// check compares ConnectWise with the rule.
func (m *model) check(before map[int]cwsim.Addition) {
	m.T.Helper()
	want := map[int]cwsim.Addition{}
	created := map[store.LineKey]int{}
	for id, line := range before {
		want[id] = line
	}
	for _, a := range m.agreements {
		known, wanted := m.wanted(a.ID)
		if !known || m.unbillable[a.ID] {
			continue
		}
		var lines []modelLine
		for product, seats := range wanted {
			l := modelLine{key: store.LineKey{AgreementID: a.ID, ProductID: product}, seats: seats}
			l.id, l.open, l.billed = m.lineOf(l.key, before)
			lines = append(lines, l)
		}
		if stranded(lines, before) {
			continue
		}
		for _, l := range lines {
			switch {
			case l.id != 0:
				line := want[l.id]
				line.Quantity = decimal.NewFromInt(int64(l.seats))
				want[l.id] = line
			case l.open == 0 && l.seats > 0:
				created[l.key] = l.seats
			}
		}
	}
	for id, line := range m.snapshot() {
		expected, existed := want[id]
		if !existed {
			key := store.LineKey{AgreementID: line.AgreementID, ProductID: line.ProductID}
			if seats, ok := created[key]; !ok || !line.Quantity.Equal(decimal.NewFromInt(int64(seats))) {
				m.T.Errorf("agreement %d: unexpected addition %d of %s with quantity %s", line.AgreementID, id, m.Identifier(line.ProductID), line.Quantity)
			}
			delete(created, key)
			continue
		}
		if !expected.Quantity.Equal(line.Quantity) {
			m.T.Errorf("agreement %d: addition %d of %s has quantity %s, want %s", line.AgreementID, id, m.Identifier(line.ProductID), line.Quantity, expected.Quantity)
		}
		expected.Quantity, expected.UpdatedBy, line.UpdatedBy = line.Quantity, "", ""
		if diff := cmp.Diff(expected, line); diff != "" {
			m.T.Errorf("addition %d changed beyond its quantity (-want +got):\n%s", id, diff)
		}
	}
	for key, seats := range created {
		m.T.Errorf("agreement %d: no addition of %s with quantity %d", key.AgreementID, m.Identifier(key.ProductID), seats)
	}
}

// wanted is the rule for an agreement: the sum of its organizations' seats by the product of their plan; not known without an
// organization, or with one of which nobody has spoken.
func (m *model) wanted(agreement int) (known bool, wanted map[int]int) {
	unspoken := false
	wanted = map[int]int{m.Business.ID: 0, m.Enterprise.ID: 0}
	for _, o := range m.organizations {
		if o.agreement != agreement {
			continue
		}
		known, unspoken = true, unspoken || o.unspoken
		if o.Plan == store.Enterprise {
			wanted[m.Enterprise.ID] += o.seats
		} else {
			wanted[m.Business.ID] += o.seats
		}
	}
	return known && !unspoken, wanted
}

// modelLine is what should be and what is of one product on an agreement.
type modelLine struct {
	key    store.LineKey
	seats  int
	id     int  // the addition that carries it; 0: none, or several and nobody knows which
	open   int  // how many are open
	billed bool // one of the open ones has a quantity
}

// stranded says whether the agreement waits for a person: one line cannot be told, and another one would
// move the other way, so that seats might be billed twice or not at all.
func stranded(lines []modelLine, all map[int]cwsim.Addition) bool {
	for _, refused := range lines {
		if refused.id != 0 || refused.open < 2 || refused.seats == 0 && !refused.billed {
			continue
		}
		for _, l := range lines {
			if l.id == 0 && l.open > 0 {
				continue
			}
			grows := decimal.NewFromInt(int64(l.seats)).Cmp(all[l.id].Quantity)
			if refused.seats == 0 && grows > 0 || refused.seats > 0 && grows < 0 {
				return true
			}
		}
	}
	return false
}

// lineOf is the open addition that carries a product: the one that is ours, else the only one; how many are
// open, and whether any has a quantity.
func (m *model) lineOf(key store.LineKey, all map[int]cwsim.Addition) (id, open int, billed bool) {
	for _, line := range all {
		if line.AgreementID != key.AgreementID || line.ProductID != key.ProductID || !line.Cancelled.IsZero() {
			continue
		}
		open++
		billed = billed || !line.Quantity.IsZero()
		if id == 0 || line.ID == m.ours[key] {
			id = line.ID
		}
	}
	if open > 1 && id != m.ours[key] {
		return 0, open, billed
	}
	return id, open, billed
}
