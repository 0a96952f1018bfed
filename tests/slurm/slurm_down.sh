#!/usr/bin/env bash
# End the daemons that slurm_up.sh started in FOLDER, known by their pid files, and remove the configuration.
folder=$(readlink -m "$1")
grep -qs "^AuthInfo=socket=$folder/" /etc/slurm/slurm.conf || exit 0
scancel --user=root 2> /dev/null
for daemon in slurmd slurmctld munged; do
    pid=$(cat "$folder/run/$daemon.pid" 2> /dev/null) || continue
    kill "$pid"
    for _ in $(seq 40); do kill -0 "$pid" 2> /dev/null || break; sleep 0.25; done
    kill -9 "$pid" 2> /dev/null # slurmd can outlive the controller
done
rm -f /etc/slurm/slurm.conf /etc/slurm/gres.conf
