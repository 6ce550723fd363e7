package api

// Paging is the part of a list's address that all lists share.
type Paging struct {
	Page    int `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"From 1."`
	PerPage int `query:"per_page" minimum:"1" maximum:"500" default:"100" doc:"Entries on a page."`
}

func (p Paging) offset() int { return (p.Page - 1) * p.PerPage }

// listOf is a page of a list.
type listOf[T any] struct {
	Body struct {
		Items   []T `json:"items"`
		Page    int `json:"page"`
		PerPage int `json:"per_page"`
		Total   int `json:"total" doc:"Entries on all pages."`
	}
}

func pageOf[T any](p Paging, items []T, total int) *listOf[T] {
	var l listOf[T]
	l.Body.Items, l.Body.Page, l.Body.PerPage, l.Body.Total = items, p.Page, p.PerPage, total
	if items == nil {
		l.Body.Items = []T{}
	}
	return &l
}

// single is an answer with one thing.
type single[T any] struct{ Body T }
