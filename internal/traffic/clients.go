package traffic

// clientTable finds the clients of a service.
type clientTable struct{ table[client] }

// client is a client's place in the open panes.
type client struct {
	position [openPanes]uint32 // in the pane; 0 is none
	last     int64             // number of the last window with a call
	name     string
}

// keepClients is for how many windows a client without calls keeps its place, if
// there is room: those that come back now and then are not made anew each time.
const keepClients = 10

// close takes a window's pane out of all clients, and forgets those without calls
// in the windows since oldest. It returns how many those are.
func (t *clientTable) close(window, oldest int64) (forgotten int) {
	pane := uint64(window) % openPanes
	for i := range t.places {
		p := &t.places[i]
		for p.hash != 0 && p.value.last < oldest { // again for the one that moves up
			t.remove(i)
			forgotten++
		}
		p.value.position[pane] = 0
	}
	t.shrink()
	return forgotten
}
