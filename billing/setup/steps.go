// Package setup says how far a panel is set up: the seven steps from an empty one to an integration that is active, what each needs
// and what of it is done, by whom and when. What it says follows from what is there, so that it can be left and taken up again.
package setup

import (
	"time"

	"seatbridge/store"
)

// Name names a step.
type Name string

// The steps, in the order in which they are offered. The guide's steps 2 to 4 are among them; members come before companies, so that
// names can be compared, and a look at what would be written before the first write.
const (
	Connect       Name = "connect"       // ConnectWise PSA, by an API member's keys
	Products      Name = "products"      // a ConnectWise product for each plan
	Organizations Name = "organizations" // and their members, from wherever they come
	Import        Name = "import"        // companies and agreements
	Map           Name = "map"           // companies and agreements to organizations
	Write         Name = "write"         // compare first, or write from now on
	Finish        Name = "finish"        // the integration is active
)

// order is the steps with how many minutes each takes somebody who does it for the first time, and the steps without which it
// cannot be done.
var order = []struct {
	name    Name
	minutes int
	needs   []Name
}{
	{Connect, 5, nil},
	{Products, 3, []Name{Connect}},
	{Organizations, 5, nil},
	{Import, 2, []Name{Connect}},
	{Map, 10, []Name{Products, Organizations, Import}},
	{Write, 5, []Name{Map}},
	{Finish, 0, []Name{Write}},
}

// Step is a step as it stands.
type Step struct {
	Name    Name
	Number  int // from 1
	Minutes int // about how long it takes; 0: nothing is to be done
	Done    bool
	Failing bool      // it was done and does not work
	Needs   []int     // numbers of the steps that have to come first and are not done
	At      time.Time // when it was done, as far as known
	By      string    // by whom, an e-mail address, as far as known
}

// Facts are what is there of all that setting up consists of.
type Facts struct {
	store.SetupSigns
	store.SetupCounts
	Integration store.Integration // zero: not connected
	Mappings    map[store.Plan]store.ProductMapping
	File        store.FileImport // the file of members or organizations that was written last; ID 0: none was
	Mapping     store.Mapping    // the organization that was mapped last; OrganizationID 0: none is
	Look        store.Run        // the last sync or preview that looked at all mapped agreements; ID 0: none did
	Comparing   store.Comparing  // the time in which it only compares; zero: it writes
	Suggested   int              // companies with a suggestion that can be followed
	ConnectedBy string           // e-mail addresses, as far as known
	ProductsBy  string
	ImportedBy  string
}

// Guide is all steps, and where one stands among them.
type Guide struct {
	Steps   []Step
	Done    int  // how many are
	Minutes int  // about how long the others take
	Current Name // the first that is not done; empty: all are
	Facts   Facts
}

// Of is the guide of a panel of which these are the facts.
func Of(f Facts) Guide {
	g := Guide{Facts: f}
	done := doneBy(f.SetupSigns)
	numbers := map[Name]int{}
	for i, o := range order {
		numbers[o.name] = i + 1
		s := Step{Name: o.name, Number: i + 1, Minutes: o.minutes, Done: done[o.name], Failing: o.name == Connect && f.Connected && f.Failing}
		for _, need := range o.needs {
			if !s.Done && !done[need] {
				s.Needs = append(s.Needs, numbers[need])
			}
		}
		if s.Done {
			s.At, s.By = f.did(o.name)
		}
		g.add(s)
	}
	return g
}

func (g *Guide) add(s Step) {
	g.Steps = append(g.Steps, s)
	switch {
	case s.Done:
		g.Done++
		return
	case g.Current == "":
		g.Current = s.Name
	}
	g.Minutes += s.Minutes
}

// Step is one of the steps.
func (g Guide) Step(name Name) Step {
	for _, s := range g.Steps {
		if s.Name == name {
			return s
		}
	}
	return Step{}
}

// Progress is how far a panel is set up.
type Progress struct {
	Done, Of int
	Left     bool // something is to be done, apart from a connection that does not work just now
}

// ProgressOf is that of a panel of which these are the signs.
func ProgressOf(signs store.SetupSigns) Progress {
	p := Progress{Of: len(order)}
	for name, done := range doneBy(signs) {
		if done {
			p.Done++
		}
		p.Left = p.Left || !done && name != Finish
	}
	return p
}

// doneBy says of each step whether it is done. Products are not without a connection, and nothing is active that does not work.
func doneBy(s store.SetupSigns) map[Name]bool {
	products := s.Connected && s.Products == len(store.Plans())
	looked := products && s.Mapped && s.Looked
	return map[Name]bool{
		Connect: s.Connected, Products: products, Organizations: s.Organizations && s.Figures, Import: s.Imported, Map: s.Mapped,
		Write: looked, Finish: looked && !s.Failing,
	}
}

// did is when a step was done, and by whom, as far as is known.
func (f Facts) did(name Name) (at time.Time, by string) {
	switch name {
	case Connect:
		return f.Integration.ConnectedAt, f.ConnectedBy
	case Products:
		for _, m := range f.Mappings {
			at = m.ConfirmedAt
		}
		return at, f.ProductsBy
	case Organizations:
		if f.File.ID != 0 {
			return f.File.EndedAt, f.File.UploadedBy
		}
		return f.AddedAt, ""
	case Import:
		return f.Integration.LastImportAt, f.ImportedBy
	case Map:
		return f.Mapping.CreatedAt, f.Mapping.CreatedBy
	case Write, Finish:
		return f.Look.StartedAt, f.Look.Actor
	}
	return at, by
}
