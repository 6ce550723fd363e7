package sheet

// Reading is a text of a column that was not read to the letter, with what it was read as.
type Reading struct {
	Column string `json:"column"` // the name in the file
	Found  string `json:"found"`
	Read   string `json:"read"`
	Line   int    `json:"line"` // where it comes first
	Rows   int    `json:"rows"` // how many have it
}

// readingsKept bounds the different texts of a column that are kept and shown.
const readingsKept = 6

// Readings collects what was not read to the letter, for people to look at before anything is written.
type Readings struct {
	List  []Reading
	More  int // further different texts, or rows with them
	Blank int // empty cells under a month

	at   map[[2]string]int // in List, by column and text
	kept map[string]int    // by column
}

// note notes a cell. read says in words what it was read as.
func (r *Readings) note(column, found string, line int, read func() string) {
	if r == nil {
		return
	}
	if r.at == nil {
		r.at, r.kept = map[[2]string]int{}, map[string]int{}
	}
	key := [2]string{column, found}
	if i, ok := r.at[key]; ok {
		r.List[i].Rows++
		return
	}
	if r.kept[column] == readingsKept {
		r.More++
		return
	}
	r.kept[column]++
	r.at[key] = len(r.List)
	r.List = append(r.List, Reading{Column: column, Found: found, Read: read(), Line: line, Rows: 1})
}

// blank notes an empty cell under a month, unless its row sums up others.
func (r *Readings) blank(total bool) {
	if r != nil && !total {
		r.Blank++
	}
}
