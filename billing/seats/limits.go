package seats

// MostSeats is what no organization has more of: a larger number is a mistake, wherever it comes from.
const MostSeats = 1_000_000
