package organizations

import (
	"fmt"

	"seatbridge/store"
)

// Index finds organizations as files and reports name them.
type Index struct {
	byExternalID, byName map[string]store.Organization
	byID                 map[int64]store.Organization
	twins                map[string][]store.Organization // those that share a name, all but one of them deleted
}

// NewIndex makes an index. Of several with one name, all but one of them deleted, the one
// that is there is found, or else the one that was deleted last.
func NewIndex(organizations []store.Organization) Index {
	x := Index{
		map[string]store.Organization{}, map[string]store.Organization{}, map[int64]store.Organization{}, map[string][]store.Organization{},
	}
	for _, o := range organizations {
		x.byID[o.ID] = o
		name := store.Fold(o.Name)
		if other, ok := x.byName[name]; ok {
			if len(x.twins[name]) == 0 {
				x.twins[name] = []store.Organization{other}
			}
			x.twins[name] = append(x.twins[name], o)
		}
		put(x.byName, store.Fold(o.Name), o)
		if o.ExternalID != "" {
			put(x.byExternalID, o.ExternalID, o)
		}
	}
	return x
}

func put(index map[string]store.Organization, key string, o store.Organization) {
	other, ok := index[key]
	if !ok || o.DeletedAt.IsZero() || (!other.DeletedAt.IsZero() && o.DeletedAt.After(other.DeletedAt)) {
		index[key] = o
	}
}

// Find looks for an external id, then for a name in any case.
func (x Index) Find(text string) (store.Organization, bool) {
	if o, ok := x.ByExternalID(text); ok {
		return o, true
	}
	return x.ByName(text)
}

// ByExternalID finds the organization with that external id. Nothing has the empty one.
func (x Index) ByExternalID(id string) (store.Organization, bool) {
	o, ok := x.byExternalID[id]
	return o, ok
}

// ByName finds the organization with that name, as store.Fold compares names.
func (x Index) ByName(name string) (store.Organization, bool) {
	o, ok := x.byName[store.Fold(name)]
	return o, ok
}

// ByID finds the organization with our own id.
func (x Index) ByID(id int64) (store.Organization, bool) {
	o, ok := x.byID[id]
	return o, ok
}

// Twins are the organizations that share a name with others, those that are deleted among them; none: nobody else has it.
func (x Index) Twins(name string) []store.Organization { return x.twins[store.Fold(name)] }

// Several says that a name, which comes with no external id or with one that nobody has, may mean several organizations, those that are
// deleted among them. Empty: it does not. What a list tells of one of them must not become another one's life.
func (x Index) Several(name, externalID string) string {
	_, known := x.ByExternalID(externalID)
	twins := x.Twins(name)
	if known || len(twins) == 0 {
		return ""
	}
	return fmt.Sprintf("%d organizations were called “%s”, those that are deleted among them: give the external ID of the one that is meant "+
		"in a column of its own, or leave this row out.", len(twins), twins[0].Name)
}
