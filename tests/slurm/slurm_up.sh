#!/usr/bin/env bash
# Bring up a throw-away SLURM cluster of this one machine (as root; no systemd, no accounting).
# usage: slurm_up.sh FOLDER
# The configuration has to lie in /etc/slurm: Snakemake's job step drops SLURM_CONF before its nested srun.
set -euo pipefail
folder=$(readlink -m "$1")
host=$(hostname -s)
if [ -e /etc/slurm/slurm.conf ]; then
    echo "/etc/slurm/slurm.conf exists already; this machine has a SLURM of its own" >&2
    exit 1
fi
mkdir -p "$folder"/{run,log,state,spool,dev} /etc/slurm
chmod 755 "$folder" "$folder"/{run,log} # munged insists on it

# Two GPUs that are none: clones of /dev/null. SLURM sets CUDA_VISIBLE_DEVICES only for character devices.
for number in 0 1; do mknod "$folder/dev/gpu$number" c 1 3; done
echo "NodeName=$host Name=gpu File=$folder/dev/gpu[0-1]" > /etc/slurm/gres.conf
cat > /etc/slurm/slurm.conf << CONFIGURATION
# written by $0
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdParameters=config_overrides
MinJobAge=300
KillWait=5
SchedulerParameters=defer,batch_sched_delay=1,sched_interval=2
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=100000 Gres=gpu:2
PartitionName=cpu Nodes=$host Default=YES
PartitionName=gpu Nodes=$host
PartitionName=gpu_long Nodes=$host
CONFIGURATION

head -c 128 /dev/urandom > "$folder/run/munge.key"
chmod 600 "$folder/run/munge.key"
munged --force --key-file "$folder/run/munge.key" --socket "$folder/run/munge.sock" --pid-file "$folder/run/munged.pid" \
    --seed-file "$folder/run/munge.seed" --log-file "$folder/log/munged.log"

wait_for() { for _ in $(seq 60); do "$@" && return; sleep 0.25; done; echo "$*: never came true" >&2; exit 1; }
reachable() { scontrol ping 2> /dev/null | grep -q "is UP"; }
idle() { sinfo --noheader --format %T 2> /dev/null | grep -q idle; }
slurmctld
wait_for reachable
slurmd
wait_for idle
